#include "pantomime/render/skeleton_strip.h"

#include <algorithm>
#include <cmath>

#include "pantomime/base/error.h"
#include "pantomime/render/canvas.h"
#include "pantomime/render/sheet.h"

namespace pantomime::render {
namespace {

using motion::Quat;
using motion::Vec3;

constexpr float kCaptionHeight = 18;
constexpr float kStandHeight = 0.09f;  // metres over the floor below which a toe may stand
constexpr float kStandSpeed = 0.35f;   // metres per second
constexpr Colour kSpineColour = hex_colour(0x50565d);
constexpr Colour kMarkPaper = hex_colour(0xffe1dc);
constexpr Colour kMarkInk = hex_colour(0xd62f1f);

enum class Side { kMiddle, kLeft, kRight };

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Side side_of(const std::string& joint) {
  const std::string name = lower(joint);
  if (name.find("left") != std::string::npos) return Side::kLeft;
  if (name.find("right") != std::string::npos) return Side::kRight;
  return Side::kMiddle;
}

bool is_foot(const std::string& joint) {
  const std::string name = lower(joint);
  return name.find("foot") != std::string::npos || name.find("toe") != std::string::npos;
}

Colour colour_of(Side side) {
  return side == Side::kLeft ? kLeftSide : side == Side::kRight ? kRightSide : kSpineColour;
}

Colour faded(Colour c) {
  auto mix = [](float v) { return 0.45f * v + 0.55f; };
  return {mix(c.r), mix(c.g), mix(c.b), 1};
}

/// Direction in the world that points to the viewer, turned from the first frame's heading.
Quat view_turn(const motion::Clip& clip, StripView view) {
  const float angle = view == StripView::kFront ? 0.0f : view == StripView::kSide ? 1.5708f : 0.7f;
  return motion::heading(clip.rotations.front()) * motion::from_axis_angle({0, 1, 0}, angle);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct Figure {
  std::vector<Vec3> joints;  // in view axes: x right, y up (world height), z to the viewer
  std::vector<bool> stands;  // per joint: a foot at rest on the floor
  Vec3 head_up, head_forward;
  double seconds = 0;
  int64_t frame = 0;
};

struct Strip {
  std::vector<Figure> figures;
  float low = -0.05f, high = 1.75f, reach = 0.4f;
};

Strip figures_of(const motion::Clip& clip, const StripOptions& options) {
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  const size_t frames = clip.frame_count(), joints = clip.joint_count();
  const Quat from_world = motion::conjugate(view_turn(clip, options.view));
  const auto head = clip.skeleton.find("head");
  const auto count = static_cast<size_t>(std::max(1, options.figures));
  Strip strip;
  for (size_t i = 0; i < count; ++i) {
    const size_t f = count == 1 ? 0 : (i * (frames - 1) + (count - 1) / 2) / (count - 1);
    const Vec3 root = pose.positions[f * joints];
    Figure figure;
    figure.seconds = options.begin_seconds + static_cast<double>(f) / clip.fps;
    figure.frame = static_cast<int64_t>(f);
    const size_t before = f > 0 ? f - 1 : f, after = std::min(f + 1, frames - 1);
    for (size_t j = 0; j < joints; ++j) {
      const Vec3 world = pose.positions[f * joints + j];
      const Vec3 seen = from_world * Vec3{world.x - root.x, 0, world.z - root.z};
      figure.joints.push_back({seen.x, world.y, seen.z});
      const Vec3 moved = pose.positions[after * joints + j] - pose.positions[before * joints + j];
      const auto steps = static_cast<float>(std::max<size_t>(1, after - before));
      const float speed = motion::length(moved) * static_cast<float>(clip.fps) / steps;
      figure.stands.push_back(is_foot(clip.skeleton.names[j]) && world.y < kStandHeight &&
                              speed < kStandSpeed);
      strip.low = std::min(strip.low, world.y - 0.05f);
      strip.high = std::max(strip.high, world.y + 0.1f);
      strip.reach = std::max(strip.reach, std::abs(seen.x) + 0.1f);
    }
    if (head) {
      const auto h = static_cast<size_t>(*head);
      const Quat turn = from_world * pose.rotations[f * joints + h];
      figure.head_up = turn * Vec3{0, 1, 0};
      figure.head_forward = turn * Vec3{0, 0, 1};
      strip.high = std::max(strip.high, figure.joints[h].y + 0.28f);
    }
    strip.figures.push_back(std::move(figure));
  }
  return strip;
}

void draw_figure(Canvas& canvas, const motion::Skeleton& skeleton, const Figure& figure,
                 Point foot_of_root, float scale) {
  auto place = [&](Vec3 p) {
    return Point{foot_of_root.x + scale * p.x, foot_of_root.y - scale * p.y};
  };
  std::vector<size_t> order;
  for (size_t j = 1; j < figure.joints.size(); ++j) order.push_back(j);
  auto depth = [&](size_t j) {
    return figure.joints[j].z + figure.joints[static_cast<size_t>(skeleton.parents[j])].z;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return depth(a) < depth(b); });
  const auto head = skeleton.find("head");
  const float thick = std::max(1.5f, 0.035f * scale);
  for (const size_t j : order) {
    const Side side = side_of(skeleton.names[j]);
    const bool far = side != Side::kMiddle && depth(j) < -0.12f;
    const Colour colour = far ? faded(colour_of(side)) : colour_of(side);
    const Vec3 from = figure.joints[static_cast<size_t>(skeleton.parents[j])];
    const Vec3 to = figure.joints[j];
    canvas.line(place(from), place(to), colour, thick);
    if (lower(skeleton.names[j]).find("wrist") != std::string::npos) {
      // Canonical skeletons end at the wrist; a short stroke stands for the hand.
      const Vec3 along = motion::normalized(to - from);
      canvas.line(place(to), place(to + 0.09f * along), colour, 0.7f * thick);
    }
    if (head && j == static_cast<size_t>(*head)) {
      const Vec3 middle = to + 0.09f * figure.head_up;
      canvas.circle(place(middle), 0.1f * scale, kSpineColour);
      canvas.line(place(middle), place(middle + 0.17f * figure.head_forward), kSpineColour,
                  0.6f * thick);
    }
  }
  for (size_t j = 0; j < figure.joints.size(); ++j) {
    if (!figure.stands[j]) continue;
    const Point at = place({figure.joints[j].x, 0, 0});
    canvas.rectangle(at.x - 0.07f * scale, at.y + 2, 0.14f * scale, 4,
                     colour_of(side_of(skeleton.names[j])));
  }
}

/// A ring around a joint, where a mark says so.
void draw_rings(Canvas& canvas, const Figure& figure, const std::vector<StripMark>& marks,
                Point foot_of_root, float scale) {
  constexpr int kCorners = 24;
  constexpr float kRadius = 0.12f;  // metres
  for (const StripMark& mark : marks) {
    if (figure.frame < mark.first || figure.frame >= mark.last || mark.joint < 0 ||
        mark.joint >= static_cast<int>(figure.joints.size()))
      continue;
    const Vec3 at = figure.joints[static_cast<size_t>(mark.joint)];
    std::vector<Point> ring;
    for (int i = 0; i <= kCorners; ++i) {
      const float angle = 6.2831853f * static_cast<float>(i) / kCorners;
      ring.push_back({foot_of_root.x + scale * (at.x + kRadius * std::cos(angle)),
                      foot_of_root.y - scale * (at.y + kRadius * std::sin(angle))});
    }
    canvas.polyline(ring, kMarkInk, 1.6f);
  }
}

/// The root's way from above, +Z of the view's first heading upwards.
void draw_map(Canvas& canvas, const motion::Clip& clip, const StripOptions& options, float x,
              float y, float size) {
  canvas.rectangle(x, y, size, size, hex_colour(0xf4f5f7));
  const Quat back = motion::conjugate(motion::heading(clip.rotations.front()));
  std::vector<Vec3> way;
  float low_x = 0, high_x = 0, low_z = 0, high_z = 0;
  for (const Vec3 root : clip.root_positions) {
    way.push_back(back * (root - clip.root_positions.front()));
    low_x = std::min(low_x, way.back().x), high_x = std::max(high_x, way.back().x);
    low_z = std::min(low_z, way.back().z), high_z = std::max(high_z, way.back().z);
  }
  const float span = std::max({2.0f, high_x - low_x, high_z - low_z});
  const float scale = (size - 16) / span;
  const Point middle{x + size / 2 + scale * (low_x + high_x) / 2,
                     y + size / 2 + scale * (low_z + high_z) / 2};
  // Seen from above with forward up, the person's left (+X) is on the left of the picture.
  auto place = [&](Vec3 p) { return Point{middle.x - scale * p.x, middle.y - scale * p.z}; };
  std::vector<Point> line;
  for (const Vec3 p : way) line.push_back(place(p));
  canvas.polyline(line, kInk, 1.2f);
  const size_t frames = clip.frame_count();
  const auto count = static_cast<size_t>(std::max(2, options.figures));
  for (size_t i = 0; i < count; ++i) {
    const size_t f = (i * (frames - 1) + (count - 1) / 2) / (count - 1);
    const Vec3 ahead = back * (motion::heading(clip.rotation(f, 0)) * Vec3{0, 0, 1});
    const Point at = place(way[f]);
    const Point tip{at.x - 7 * ahead.x, at.y - 7 * ahead.z};
    canvas.line(at, tip, hex_colour(0x009e73), 1.5f);
    canvas.circle(at, i == 0 ? 3.5f : 1.8f, kInk);
  }
  canvas.circle(place(way[0]), 2.0f, kPaper);
  canvas.text({x + 3, y + size - 3}, fmt::format("{:.1f} m", span),
              {.size = 8, .colour = hex_colour(0x7a828a)});
}

}  // namespace

Image skeleton_strip(const motion::Clip& clip, const StripOptions& options) {
  clip.validate();
  PANTOMIME_CHECK(options.figures >= 1 && options.cell_width >= 16 && options.cell_height >= 32,
                  "strip: {} figures of {} x {} pixels, expected at least 1 of 16 x 32",
                  options.figures, options.cell_width, options.cell_height);
  const Strip strip = figures_of(clip, options);
  const auto cell_w = static_cast<float>(options.cell_width);
  const auto cell_h = static_cast<float>(options.cell_height);
  const std::vector<std::string> caption = lines_of(options.label);
  const float top = static_cast<float>(caption.size()) * kCaptionHeight;
  const float map = options.map ? std::min(cell_w, cell_h) : 0;
  PixelCanvas canvas(static_cast<int>(map) + options.figures * options.cell_width,
                     static_cast<int>(top) + options.cell_height);
  // Neighbours may overlap a little: an arm held out should not shrink everybody.
  const float scale = std::min((cell_h - 22) / (strip.high - std::min(strip.low, 0.0f)),
                               0.75f * cell_w / strip.reach);
  const float floor_y = top + cell_h - 18 + scale * std::min(0.0f, strip.low + 0.05f);
  for (size_t i = 0; i < caption.size(); ++i) {
    // The first line names the strip, the others say more.
    const TextStyle style{.size = 12, .bold = i == 0};
    canvas.text({6, 13 + static_cast<float>(i) * kCaptionHeight},
                fitted(caption[i], static_cast<float>(canvas.width()) - 12, style), style);
  }
  const float right = static_cast<float>(canvas.width());
  for (size_t i = 0; i < strip.figures.size(); ++i)
    for (const StripMark& mark : options.marks)
      if (strip.figures[i].frame >= mark.first && strip.figures[i].frame < mark.last)
        canvas.rectangle(map + static_cast<float>(i) * cell_w, top, cell_w, cell_h, kMarkPaper);
  canvas.rectangle(map, floor_y, right - map, 1, hex_colour(0x8a9199));
  if (options.map) draw_map(canvas, clip, options, 0, top + (cell_h - map) / 2, map);
  for (size_t i = 0; i < strip.figures.size(); ++i) {
    const float x = map + (static_cast<float>(i) + 0.5f) * cell_w;
    draw_figure(canvas, clip.skeleton, strip.figures[i], {x, floor_y}, scale);
    draw_rings(canvas, strip.figures[i], options.marks, {x, floor_y}, scale);
    canvas.text({x, top + cell_h - 3}, fmt::format("{:.2f} s", strip.figures[i].seconds),
                {.size = 8, .colour = hex_colour(0x7a828a), .align = Align::kCentre});
  }
  return canvas.image();
}

Image skeleton_sheet(const std::vector<LabelledClip>& clips, const StripOptions& options,
                     const std::string& title, int columns) {
  std::vector<Image> strips;
  for (const LabelledClip& item : clips) {
    StripOptions one = options;
    one.label = item.label;
    strips.push_back(skeleton_strip(item.clip, one));
  }
  return tile(strips, columns, {}, title);
}

}  // namespace pantomime::render
