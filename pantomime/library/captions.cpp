#include "pantomime/library/captions.h"

#include <algorithm>
#include <cctype>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/base/parallel.h"
#include "pantomime/library/caption_clauses.h"

namespace pantomime::library {
namespace {

constexpr size_t kMostClauses = 8;  // more is a list that nobody reads to its end

/// One sentence; everything that may be said in several ways is drawn from `random`.
std::string sentence(const std::vector<ToldClause>& clauses, const std::string& style,
                     const CaptionWords& words, Random& random) {
  const Tense tense =
      random.below(3) == 0 && clauses.size() < 3 ? Tense::kProgressive : Tense::kPresent;
  const std::string the = random.below(2) == 0 ? "the" : "their";
  const StyleWords manner = words.style(style);
  std::string subject = drawn(words.people(), random), after;
  const bool as_person = !manner.person.empty() &&
                         (manner.manner.empty() || clauses.size() > 1 || random.below(2) == 0);
  if (as_person) {
    subject = drawn(manner.person, random) + " " + drawn(words.person(), random);
  } else if (!manner.manner.empty()) {
    after = drawn(manner.manner, random);
  }
  std::string text = subject + (tense == Tense::kProgressive ? " is " : " ");
  for (size_t i = 0; i < clauses.size(); ++i) {
    if (i > 0)
      text +=
          drawn(i + 1 == clauses.size() && i > 1 ? words.last_joints() : words.joints(), random);
    text += words.text(clauses[i].clause, tense, the, random);
    for (size_t k = 0; k < clauses[i].meanwhile.size(); ++k)
      text += (k == 0 ? " while " : drawn(words.joints(), random)) +
              words.text(clauses[i].meanwhile[k], Tense::kProgressive, the, random);
  }
  text += after + ".";
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::vector<std::string> captions(const ClipInfo& info, const motion::Description& description,
                                  const CaptionWords& words, const CaptionOptions& options) {
  PANTOMIME_CHECK(options.paraphrases >= 1 && options.paraphrases <= 100,
                  "captions: {} paraphrases, expected 1 to 100", options.paraphrases);
  auto clauses = clauses_of(info, description, words);
  if (clauses.size() > kMostClauses) clauses.resize(kMostClauses);
  std::vector<std::string> result;
  // Draws repeat themselves; so many tries find nearly all sentences there are.
  const uint64_t tries = 40 * static_cast<uint64_t>(options.paraphrases);
  for (uint64_t i = 0; i < tries && result.size() < static_cast<size_t>(options.paraphrases); ++i) {
    Random random(derive_seed(options.seed, info.name, i));
    std::string text = sentence(clauses, info.style, words, random);
    if (std::find(result.begin(), result.end(), text) == result.end())
      result.push_back(std::move(text));
  }
  return result;
}

void caption_clips(const Library& library, const std::vector<ClipInfo>& clips,
                   const CaptionWords& words, const CaptionOptions& options, int threads,
                   Progress& progress, const std::function<void(const CaptionedClip&)>& each) {
  constexpr size_t kBatch = 64;  // clips in memory at a time
  progress.begin("caption", static_cast<int64_t>(clips.size()));
  for (size_t begin = 0; begin < clips.size(); begin += kBatch) {
    progress.check();
    const size_t count = std::min(kBatch, clips.size() - begin);
    std::vector<CaptionedClip> batch(count);
    std::vector<motion::Clip> motions;
    for (size_t i = 0; i < count; ++i) motions.push_back(library.load(clips[begin + i].id));
    parallel_for(static_cast<int64_t>(count), threads, [&](int64_t at) {
      const auto i = static_cast<size_t>(at);
      batch[i].info = clips[begin + i];
      batch[i].description = motion::describe(motions[i]);
      batch[i].sentences = captions(batch[i].info, batch[i].description, words, options);
    });
    for (const CaptionedClip& clip : batch) each(clip);
    progress.step(static_cast<int64_t>(begin + count));
  }
  progress.end();
}

std::vector<ClipInfo> sampled(std::vector<ClipInfo> clips, size_t count, uint64_t seed) {
  std::sort(clips.begin(), clips.end(), [seed](const ClipInfo& a, const ClipInfo& b) {
    const uint64_t x = derive_seed(seed, a.name), y = derive_seed(seed, b.name);
    return x != y ? x < y : a.name < b.name;
  });
  if (clips.size() > count) clips.resize(count);
  return clips;
}

CaptionWords default_caption_words() {
  const auto path = resource_path("configs/captions.toml");
  return CaptionWords::parse(read_file(path), path.string());
}

}  // namespace pantomime::library
