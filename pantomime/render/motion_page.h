// One HTML file that needs no other: text, tables, plots, strips of figures, and motions that play
// and turn.
#pragma once

#include <filesystem>
#include <string>

#include "pantomime/base/image.h"
#include "pantomime/motion/clip.h"

namespace pantomime::render {

/// Bytes as RFC 4648 writes them in base 64, with padding.
std::string to_base64(std::string_view bytes);

class MotionPage {
 public:
  explicit MotionPage(std::string title);
  void heading(const std::string& words);
  void paragraph(const std::string& words);
  /// A markdown table ("| a | b |" lines; the second is the rule); anything else becomes
  /// paragraphs. A first cell that begins with "real" marks its row.
  void table(const std::string& markdown);
  void picture(const Image& image, const std::string& words);  ///< as a PNG inside
  void drawing(const std::string& svg, const std::string& words);
  /// A clip as a strip of figures beside a player (drag to turn, click to stop). `words` stands
  /// above both. Positions are kept to the millimetre. Throws Error for a clip that leaves
  /// +-32 m or isn't canonical.
  void motion(const motion::Clip& clip, const std::string& words);
  /// The whole page; `player` is the script web/report/player.js.
  std::string document(const std::string& player) const;
  /// Writes it, with the player found among Pantomime's own files.
  void write(const std::filesystem::path& path) const;

 private:
  std::string title_, body_;
};

}  // namespace pantomime::render
