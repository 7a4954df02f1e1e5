#include "pantomime/formats/ntu.h"

#include <algorithm>
#include <map>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/body/parts.h"
#include "pantomime/formats/humanml3d.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

using motion::Quat;
using motion::Vec3;

constexpr size_t kJoints = body::kNtuCount;
constexpr size_t kBodyValues = 10, kJointValues = 12;
constexpr int64_t kMaxFrames = 10'000'000, kMaxBodies = 64;

class Reader {
 public:
  Reader(std::string_view text, const std::string& name)
      : lines_(text, name, 0), size_(text.size()) {}

  NtuSkeleton read() {
    const int64_t frames = count("number of frames", kMaxFrames);
    for (int64_t f = 0; f < frames; ++f) {
      const int64_t bodies = count("number of bodies", kMaxBodies);
      for (int64_t b = 0; b < bodies; ++b) read_body(static_cast<size_t>(f));
    }
    if (lines_.next()) lines_.fail("more lines than the {} frames announced", frames);
    out_.frames = static_cast<size_t>(frames);
    return std::move(out_);
  }

 private:
  void next(const char* what) {
    if (!lines_.next()) lines_.fail("the file ends, expected {}", what);
  }
  int64_t count(const char* what, int64_t most) {
    next(what);
    lines_.expect_words(1, what);
    return lines_.whole(0, what, 0, most);
  }

  void read_body(size_t frame) {
    next("a body");
    lines_.expect_words(kBodyValues, "values of a body");
    const std::string id(lines_.words()[0].substr(0, 40));
    const auto [at, fresh] = indices_.emplace(id, out_.bodies.size());
    if (fresh) {
      if (out_.bodies.size() == kMaxBodies) lines_.fail("more than {} people", kMaxBodies);
      NtuBody body;
      body.id = id;
      body.first = frame;
      body.joints.fps = kNtuFps;
      body.joints.names.assign(body::kNtuNames.begin(), body::kNtuNames.end());
      out_.bodies.push_back(std::move(body));
    }
    NtuBody& body = out_.bodies[at->second];
    const size_t wanted = frame - body.first;
    if (!fresh && body.joints.frame_count() > wanted) lines_.fail("body {} twice in a frame", id);
    // Frames without somebody cost memory too; real files have far more bytes for them.
    samples_ += (wanted + 1 - body.joints.frame_count()) * kJoints;
    if (samples_ > size_ + 64 * kJoints)
      lines_.fail("body {} is back after {} frames, too long a gap for a file of {} bytes", id,
                  wanted - body.joints.frame_count(), size_);
    body.joints.positions.resize(3 * kJoints * wanted, 0.f);
    body.joints.confidence.resize(kJoints * wanted, 0.f);
    if (count("number of joints", 1000) != static_cast<int64_t>(kJoints))
      lines_.fail("{} joints, expected {}", lines_.words()[0], kJoints);
    for (size_t j = 0; j < kJoints; ++j) read_joint(body.joints);
  }

  void read_joint(motion::PointRecording& joints) {
    next("a joint");
    lines_.expect_words(kJointValues, "values of a joint");
    const int64_t state = lines_.whole(kJointValues - 1, "tracking state", 0, 2);
    for (size_t i = 0; i < 3; ++i)
      joints.positions.push_back(
          state == 0 ? 0.f : static_cast<float>(lines_.number(i, "place of a joint")));
    joints.confidence.push_back(0.5f * static_cast<float>(state));
  }

  Lines lines_;
  size_t size_;
  size_t samples_ = 0;
  NtuSkeleton out_;
  std::map<std::string, size_t> indices_;
};

}  // namespace

NtuSkeleton parse_ntu_skeleton(std::string_view text, const std::string& name) {
  return Reader(text, name).read();
}

NtuSkeleton read_ntu_skeleton(const std::filesystem::path& path) {
  return parse_ntu_skeleton(read_file(path), path.string());
}

std::string to_ntu_skeleton(const NtuSkeleton& people) {
  for (const NtuBody& body : people.bodies) {
    body.joints.validate();
    PANTOMIME_CHECK(body.joints.point_count() == kJoints, "NTU: {} joints, expected {}",
                    body.joints.point_count(), kJoints);
    PANTOMIME_CHECK(!body.id.empty() && body.id.size() <= 40 &&
                        body.id.find_first_not_of("0123456789") == std::string::npos,
                    "NTU: id {}, expected a number", shown(body.id));
    PANTOMIME_CHECK(body.first + body.joints.frame_count() <= people.frames,
                    "NTU: body {} goes on after the last frame", body.id);
  }
  std::string out = fmt::format("{}\n", people.frames);
  for (size_t f = 0; f < people.frames; ++f) {
    std::string bodies;
    size_t count = 0;
    for (const NtuBody& body : people.bodies) {
      if (f < body.first || f - body.first >= body.joints.frame_count()) continue;
      const size_t first = (f - body.first) * kJoints;
      const auto confidence = body.joints.confidence.begin() + static_cast<std::ptrdiff_t>(first);
      if (std::all_of(confidence, confidence + kJoints, [](float c) { return c < 0.25f; }))
        continue;
      ++count;
      bodies += fmt::format("{} 0 0 0 0 0 0 0 0 2\n{}\n", body.id, kJoints);
      for (size_t j = 0; j < kJoints; ++j) {
        const float* p = &body.joints.positions[3 * (first + j)];
        const float c = confidence[static_cast<std::ptrdiff_t>(j)];
        bodies += fmt::format("{:.7g} {:.7g} {:.7g} 0 0 0 0 1 0 0 0 {}\n", p[0], p[1], p[2],
                              c >= 0.75f   ? 2
                              : c >= 0.25f ? 1
                                           : 0);
      }
    }
    out += fmt::format("{}\n", count) + bodies;
  }
  return out;
}

void write_ntu_skeleton(const std::filesystem::path& path, const NtuSkeleton& people) {
  write_file(path, to_ntu_skeleton(people));
}

NtuSkeleton ntu_of(const motion::Clip& clip, float distance, float height) {
  const motion::Clip sampled = motion::resample(clip, kNtuFps);
  const motion::PointRecording canonical = joints_of(sampled);  // checks that it is canonical
  const motion::WorldPose pose = motion::forward_kinematics(sampled);
  NtuBody body;
  body.id = "1";
  body.joints.fps = kNtuFps;
  body.joints.names.assign(body::kNtuNames.begin(), body::kNtuNames.end());
  for (size_t f = 0; f < sampled.frame_count(); ++f) {
    const auto at = [&](motion::Joint joint, Vec3 from_it = {}) {
      const size_t i = f * motion::kJointCount + static_cast<size_t>(joint);
      return pose.positions[i] + pose.rotations[i] * from_it;
    };
    // Where the landmarks of a body are, about, from its joints.
    const auto landmark = [&](std::string_view name) {
      if (name == "head_centre") return at(motion::kHead, {0, 0.08f, 0.02f});
      const bool left = name.starts_with("left_");
      const Vec3 out = name.ends_with("_thumb_tip")  ? Vec3{0.09f, 0, 0.06f}
                       : name.ends_with("_hand_tip") ? Vec3{0.17f, 0, 0}
                                                     : Vec3{0.08f, 0, 0};
      return left ? at(motion::kLeftWrist, out) : at(motion::kRightWrist, {-out.x, out.y, out.z});
    };
    const std::array<Vec3, kJoints> joints = body::ntu_joints(at, landmark);
    // The sensor looks back at the origin: half a turn about the vertical.
    for (const Vec3 p : joints) {
      const Vec3 seen{-p.x, p.y - height, distance - p.z};
      body.joints.positions.insert(body.joints.positions.end(), {seen.x, seen.y, seen.z});
      body.joints.confidence.push_back(1);
    }
  }
  return {sampled.frame_count(), {std::move(body)}};
}

}  // namespace pantomime::formats
