// PYSKL's annotation files: a pickle (protocol 5) with NumPy arrays.
// Source: PYSKL, tools/data/README.md; Python's pickletools. Arrays are made by calling
// numpy.ndarray(shape, '<f4', bytearray), which Python 3.8 and later can read.
#include <algorithm>

#include "pantomime/base/error.h"
#include "pantomime/dataset/outputs.h"

namespace pantomime::dataset {
namespace {

/// Writes the opcodes.
class PickleWriter {
 public:
  std::string out;

  void text(std::string_view value) {
    out += 'X';  // BINUNICODE
    number32(static_cast<uint32_t>(value.size()));
    out += value;
  }
  void whole(int64_t value) {
    PANTOMIME_CHECK(value >= INT32_MIN && value <= INT32_MAX, "pickle: {} has more than 32 bits",
                    value);
    out += 'J';  // BININT
    number32(static_cast<uint32_t>(static_cast<int32_t>(value)));
  }
  void mark() { out += '('; }
  void tuple() { out += 't'; }
  void dict() { out += '}'; }
  void set_items() { out += 'u'; }
  void list() { out += ']'; }
  void append() { out += 'e'; }
  void array(const std::vector<int64_t>& shape, const std::vector<float>& values) {
    out += "cnumpy\nndarray\n";  // GLOBAL
    mark();
    mark();
    for (const int64_t size : shape) whole(size);
    tuple();
    text("<f4");
    out += '\x96';  // BYTEARRAY8
    const uint64_t bytes = 4 * values.size();
    for (int i = 0; i < 8; ++i) out += static_cast<char>((bytes >> (8 * i)) & 255);
    out.append(reinterpret_cast<const char*>(values.data()), bytes);
    tuple();
    out += 'R';  // REDUCE
  }

 private:
  void number32(uint32_t value) {
    for (int i = 0; i < 4; ++i) out += static_cast<char>((value >> (8 * i)) & 255);
  }
};

}  // namespace

std::string pyskl_piece(const ClipRecord& clip, PysklKind kind) {
  const bool flat = kind == PysklKind::Coco2d;
  const size_t first = flat ? render::kFirstCoco : render::kFirstNtu;
  const size_t count = flat ? body::kCocoCount : body::kNtuCount;
  const auto people = static_cast<int64_t>(clip.people.size());
  const auto frames = static_cast<int64_t>(clip.frames.size());
  std::vector<float> points, scores;
  for (size_t p = 0; p < clip.people.size(); ++p)
    for (const FrameRecord& frame : clip.frames)
      for (size_t j = first; j < first + count; ++j) {
        const render::JointTruth& joint = frame.people[p].joints[j];
        if (flat) {
          const bool known = joint.state != render::JointState::OutOfFrame;
          points.insert(points.end(), {known ? joint.u - 0.5f : 0, known ? joint.v - 0.5f : 0});
          scores.push_back(joint.state == render::JointState::Visible ? 1.0f : known ? 0.5f : 0.0f);
        } else {
          points.insert(points.end(), {joint.position.x, joint.position.y, joint.position.z});
        }
      }
  PickleWriter w;
  w.dict();
  w.mark();
  w.text("frame_dir");
  w.text(clip.key);
  w.text("label");
  w.whole(clip.number);
  w.text("total_frames");
  w.whole(frames);
  for (const char* name : {"img_shape", "original_shape"}) {
    w.text(name);
    w.mark();
    w.whole(clip.height);
    w.whole(clip.width);
    w.tuple();
  }
  const auto joints = static_cast<int64_t>(count);
  w.text("keypoint");
  w.array({people, frames, joints, flat ? 2 : 3}, points);
  if (flat) {
    w.text("keypoint_score");
    w.array({people, frames, joints}, scores);
  }
  w.set_items();
  return w.out;
}

std::string pyskl_file(const std::vector<std::string>& keys,
                       const std::vector<std::string>& pieces) {
  PickleWriter w;
  w.out = "\x80\x05";  // PROTO 5
  w.dict();
  w.mark();
  w.text("split");
  w.dict();
  w.mark();
  for (const bool train : {true, false}) {
    w.text(train ? "train" : "val");
    w.list();
    w.mark();
    for (size_t i = 0; i < keys.size(); ++i)
      if ((i % 5 == 4) != train) w.text(keys[i]);
    w.append();
  }
  w.set_items();
  w.text("annotations");
  w.list();
  w.mark();
  for (const std::string& piece : pieces) w.out += piece;
  w.append();
  w.set_items();
  w.out += '.';  // STOP
  return w.out;
}

}  // namespace pantomime::dataset
