#include "pantomime/text/tokenizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>

#include "pantomime/base/error.h"

namespace pantomime::text {
namespace {

/// Compatibility composition, as the pieces were made from.
std::string normalised(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &out,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
  if (size < 0) fail("text: {}, expected UTF-8", utf8proc_errmsg(size));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(out, std::free);
  return {reinterpret_cast<const char*>(out), static_cast<size_t>(size)};
}

/// Bytes of the character that begins with this one.
size_t width_of(char first) {
  const auto c = static_cast<unsigned char>(first);
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

}  // namespace

Tokenizer::Tokenizer(const std::vector<std::pair<std::string, float>>& pieces, size_t reserved) {
  for (size_t i = reserved; i < pieces.size(); ++i) {
    pieces_.emplace(pieces[i].first, Piece{static_cast<int64_t>(i), pieces[i].second});
    longest_ = std::max(longest_, pieces[i].first.size());
  }
}

std::vector<int64_t> Tokenizer::tokens(std::string_view text) const {
  constexpr std::string_view kSpace = "\xe2\x96\x81";
  std::string spelled(kSpace);
  for (const char c : normalised(text)) {
    if (c == ' ')
      spelled += kSpace;
    else
      spelled += c;
  }
  // Best way to spell everything up to a byte.
  struct Step {
    float score = -std::numeric_limits<float>::infinity();
    size_t from = 0;
    int64_t piece = 0;
  };
  std::vector<Step> best(spelled.size() + 1);
  best[0].score = 0;
  for (size_t at = 0; at < spelled.size(); at += width_of(spelled[at])) {
    if (best[at].score == -std::numeric_limits<float>::infinity()) continue;
    const auto offer = [&](size_t end, float score, int64_t piece) {
      if (best[at].score + score >= best[end].score)
        best[end] = {best[at].score + score, at, piece};
    };
    bool known = false;
    // Of equal ways the one whose last piece begins last, as the reference has it.
    const size_t width = std::min(width_of(spelled[at]), spelled.size() - at);
    for (size_t end = at + width; end <= spelled.size() && end - at <= longest_;
         end += end < spelled.size() ? width_of(spelled[end]) : 1) {
      const auto found = pieces_.find(spelled.substr(at, end - at));
      if (found == pieces_.end()) continue;
      known = true;
      offer(end, found->second.score, found->second.index);
    }
    if (!known) offer(at + width, 0, 0);
  }
  std::vector<int64_t> tokens;
  for (size_t at = spelled.size(); at > 0; at = best[at].from)
    if (best[at].piece != 0 || tokens.empty() || tokens.back() != 0)
      tokens.push_back(best[at].piece);
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

}  // namespace pantomime::text
