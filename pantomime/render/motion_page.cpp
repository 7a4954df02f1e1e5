#include "pantomime/render/motion_page.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/skeleton_strip.h"

namespace pantomime::render {
namespace {

constexpr const char* kStyle = R"(
body{font:15px/1.45 sans-serif;margin:2em auto;max-width:1280px;padding:0 1em;color:#22262b}
.wide{overflow-x:auto}table{border-collapse:collapse;margin:1em 0;font-size:13px}
td,th{padding:.2em .6em;text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left;position:sticky;left:0;background:#fff}
th{border-bottom:2px solid #c9ced4}tr:nth-child(even) td,tr:nth-child(even) td:first-child{background:#f4f5f7}
tr.real td,tr.real td:first-child{font-weight:bold;background:#e6f0e8}
h1{font-size:1.6em}h2{margin-top:2em;border-bottom:1px solid #c9ced4}
.motion-row{display:flex;align-items:center;gap:12px;margin:.4em 0 1.6em}
.motion-row img{max-width:70%}canvas.motion{background:#fafbfc;border:1px solid #dfe3e8;cursor:grab;touch-action:none}
figure{margin:1em 0;display:inline-block;vertical-align:top}figcaption{color:#5a626b;font-size:13px}
img,svg{max-width:100%}code{background:#f4f5f7;padding:0 .3em;overflow-wrap:anywhere}
)";

/// Cells of "| a | b |".
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  size_t from = 1;
  for (size_t at = line.find('|', 1); at != std::string::npos; at = line.find('|', from)) {
    std::string cell = line.substr(from, at - from);
    cell.erase(0, cell.find_first_not_of(' '));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(cell);
    from = at + 1;
  }
  return cells;
}

/// Words with `code` marked.
std::string marked(const std::string& words) {
  std::string out;
  bool code = false;
  for (size_t from = 0;;) {
    const size_t at = words.find('`', from);
    out += escaped(words.substr(from, at == std::string::npos ? at : at - from));
    if (at == std::string::npos) break;
    out += code ? "</code>" : "<code>";
    code = !code;
    from = at + 1;
  }
  return code ? out + "</code>" : out;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

MotionPage::MotionPage(std::string title) : title_(std::move(title)) {}

void MotionPage::heading(const std::string& words) {
  body_ += fmt::format("<h2>{}</h2>\n", escaped(words));
}

void MotionPage::paragraph(const std::string& words) {
  body_ += fmt::format("<p>{}</p>\n", marked(words));
}

void MotionPage::table(const std::string& markdown) {
  std::istringstream lines(markdown);
  std::vector<std::string> rows;
  const auto finish = [&] {
    if (rows.empty()) return;
    body_ += "<div class=\"wide\"><table>\n";
    for (size_t r = 0; r < rows.size(); ++r) {
      if (r == 1) continue;  // the rule
      const char* tag = r == 0 ? "th" : "td";
      const std::vector<std::string> cells = cells_of(rows[r]);
      const bool real = !cells.empty() && cells[0].starts_with("real");
      body_ += real ? "<tr class=\"real\">" : "<tr>";
      for (const std::string& cell : cells)
        body_ += fmt::format("<{0}>{1}</{0}>", tag, marked(cell));
      body_ += "</tr>\n";
    }
    body_ += "</table></div>\n";
    rows.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('|')) {
      rows.push_back(line);
      continue;
    }
    finish();
    if (!line.empty()) paragraph(line);
  }
  finish();
}

void MotionPage::picture(const Image& image, const std::string& words) {
  body_ += fmt::format(
      "<figure><img alt=\"\" "
      "src=\"data:image/png;base64,{}\"><figcaption>{}</figcaption></figure>\n",
      to_base64(formats::to_png(image)), marked(words));
}

void MotionPage::drawing(const std::string& svg, const std::string& words) {
  // As an image: ids and styles of one drawing must not meet those of another.
  body_ += fmt::format("<figure><img alt=\"\" src=\"data:image/svg+xml;base64,{}\">{}</figure>\n",
                       to_base64(svg),
                       words.empty() ? "" : "<figcaption>" + marked(words) + "</figcaption>");
}

void MotionPage::motion(const motion::Clip& clip, const std::string& words) {
  PANTOMIME_CHECK(clip.joint_count() == motion::kJointCount && clip.frame_count() >= 1,
                  "motion page: a clip of {} joints and {} frames, expected {} joints",
                  clip.joint_count(), clip.frame_count(), motion::kJointCount);
  constexpr float kFarthest = 32.0f;
  std::string bytes;
  for (const motion::Vec3& p : motion::forward_kinematics(clip).positions)
    for (const float v : {p.x, p.y, p.z}) {
      PANTOMIME_CHECK(std::abs(v) <= kFarthest, "motion page: a joint at {} m, expected within {}",
                      v, kFarthest);
      const auto mm = static_cast<uint16_t>(static_cast<int16_t>(std::lround(1000 * v)));
      bytes += static_cast<char>(mm & 255);
      bytes += static_cast<char>(mm >> 8);
    }
  std::string parents;
  for (const int parent : motion::kJointParents)
    parents += fmt::format("{}{}", parents.empty() ? "" : " ", parent);
  StripOptions strip;
  strip.figures = 9;
  body_ += fmt::format(
      "<p>{}</p><div class=\"motion-row\"><canvas class=\"motion\" width=\"300\" height=\"240\" "
      "data-fps=\"{}\" data-parents=\"{}\" data-clip=\"{}\"></canvas>"
      "<img alt=\"\" src=\"data:image/png;base64,{}\"></div>\n",
      marked(words), clip.fps, parents, to_base64(bytes),
      to_base64(formats::to_png(skeleton_strip(clip, strip))));
}

std::string MotionPage::document(const std::string& player) const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>\n"
      "<style>{1}</style></head><body>\n<h1>{0}</h1>\n{2}<script>\n{3}</script>\n</body></html>\n",
      escaped(title_), kStyle, body_, player);
}

void MotionPage::write(const std::filesystem::path& path) const {
  write_file(path, document(read_file(resource_path("web/report/player.js"))));
}

}  // namespace pantomime::render
