#include "pantomime/dataset/outputs.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "pantomime/base/error.h"
#include "pantomime/base/version.h"
#include "pantomime/formats/amass.h"
#include "pantomime/formats/npz.h"

namespace pantomime::dataset {
namespace {

using nlohmann::ordered_json;

double rounded(double value, double steps) {
  return std::isfinite(value) ? std::round(value * steps) / steps : 0;
}
ordered_json vector(Vec3 v) {
  return {rounded(v.x, 1e5), rounded(v.y, 1e5), rounded(v.z, 1e5)};
}
ordered_json quaternion(const motion::Quat& q) {
  return {rounded(q.w, 1e6), rounded(q.x, 1e6), rounded(q.y, 1e6), rounded(q.z, 1e6)};
}
ordered_json box(const render::PixelBox& b) {
  return {b.left, b.top, b.right - b.left, b.bottom - b.top};
}

int coco_visibility(render::JointState state) {
  return state == render::JointState::OutOfFrame ? 0 : state == render::JointState::Visible ? 2 : 1;
}

}  // namespace

std::string manifest_line(const ClipRecord& clip, const Origin& origin) {
  ordered_json line;
  line["key"] = clip.key;
  line["program"] = fmt::format("pantomime {}", version());
  line["recipe"] = origin.recipe;
  line["seed"] = origin.seed;
  line["clip_seed"] = clip.seed;
  line["prior_sha256"] = origin.model_hash;
  line["prior_licence"] = origin.model_licence;
  line["action"] = clip.action;
  line["class"] = clip.number;
  line["phases"] = {{"onset", rounded(clip.phases.onset, 1e3)},
                    {"peak", rounded(clip.phases.peak, 1e3)},
                    {"end", rounded(clip.phases.end, 1e3)}};
  line["fps"] = clip.fps;
  line["frames"] = clip.frames.size();
  line["width"] = clip.width;
  line["height"] = clip.height;
  line["room"] = {{"kind", scene::kRoomKinds[static_cast<size_t>(clip.room)]},
                  {"seed", clip.home_seed},
                  {"light", clip.day ? "day" : "night"}};
  if (!clip.sky.empty()) line["room"]["sky"] = clip.sky;
  const render::Camera& first = clip.frames.at(0).camera;
  line["camera"] = {{"move", kCameraMoves[static_cast<size_t>(clip.shot.move)]},
                    {"place", kCameraPlaces[static_cast<size_t>(clip.shot.place)]},
                    {"field_of_view", rounded(clip.shot.field_of_view, 1e3)},
                    {"k1", first.k1},
                    {"exposure", clip.exposure},
                    {"noise", clip.noise}};
  line["missed"] = rounded(clip.missed, 1e4);
  line["visible"] = {{"measured", rounded(clip.measured_visible(), 1e5)}};
  if (clip.requested_visible >= 0)
    line["visible"]["requested"] = rounded(clip.requested_visible, 1e5);
  ordered_json& people = line["people"] = ordered_json::array();
  for (size_t p = 0; p < clip.people.size(); ++p) {
    ordered_json person = {{"body", clip.people[p].description}, {"label", clip.people[p].label}};
    ordered_json states = ordered_json::array(), fractions = ordered_json::array();
    for (const FrameRecord& frame : clip.frames) {
      std::string digits;
      for (const render::JointTruth& joint : frame.people[p].joints)
        digits += static_cast<char>('0' + static_cast<int>(joint.state));
      states.push_back(digits);
      fractions.push_back(rounded(frame.people[p].visible_fraction(), 1e4));
    }
    person["visible_fraction"] = std::move(fractions);
    person["joint_states"] = std::move(states);
    people.push_back(std::move(person));
  }
  ordered_json& objects = line["objects"] = ordered_json::array();
  for (const ObjectRecord& object : clip.objects) {
    ordered_json poses = ordered_json::array();
    for (size_t i = 0; i < object.positions.size(); ++i)
      poses.push_back(
          {{"at", vector(object.positions[i])}, {"turn_wxyz", quaternion(object.rotations[i])}});
    objects.push_back({{"name", object.name},
                       {"id", object.object},
                       {"role", object.occluder ? "occluder" : "held"},
                       {"poses", std::move(poses)}});
  }
  ordered_json& credits = line["credits"] = ordered_json::array();
  for (const body::Credit& credit : clip.credits)
    credits.push_back({{"item", credit.item},
                       {"author", credit.author},
                       {"licence", credit.licence},
                       {"source", credit.source}});
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

CocoLines coco_lines(const ClipRecord& clip) {
  CocoLines out;
  for (size_t f = 0; f < clip.frames.size(); ++f) {
    const FrameRecord& frame = clip.frames[f];
    const int64_t image_id = 10000 * clip.index + static_cast<int64_t>(f) + 1;
    ordered_json image = {
        {"id", image_id},        {"width", clip.width},
        {"height", clip.height}, {"file_name", fmt::format("{}/{:04d}.jpg", clip.key, f)},
        {"clip", clip.key},      {"frame", f}};
    out.images.push_back(image.dump());
    for (size_t p = 0; p < frame.people.size(); ++p) {
      const PersonFrame& person = frame.people[p];
      if (person.amodal_pixels == 0) continue;
      ordered_json keypoints = ordered_json::array(), points = ordered_json::array(),
                   causes = ordered_json::array();
      int labelled = 0;
      for (size_t j = 0; j < body::kCocoCount; ++j) {
        const render::JointTruth& joint = person.joints[render::kFirstCoco + j];
        const int v = coco_visibility(joint.state);
        labelled += v > 0 ? 1 : 0;
        keypoints.push_back(v == 0 ? 0 : rounded(joint.u - 0.5, 100));
        keypoints.push_back(v == 0 ? 0 : rounded(joint.v - 0.5, 100));
        keypoints.push_back(v);
        points.push_back(vector(joint.position));
        causes.push_back(static_cast<int>(joint.state));
      }
      ordered_json annotation = {
          {"id", 8 * image_id + static_cast<int64_t>(p)},
          {"image_id", image_id},
          {"category_id", 1},
          {"iscrowd", 0},
          {"area", person.visible_pixels},
          {"bbox", box(person.box)},
          {"segmentation", {{"size", {clip.height, clip.width}}, {"counts", person.modal_rle}}},
          {"num_keypoints", labelled},
          {"keypoints", std::move(keypoints)},
          {"keypoints_3d", std::move(points)},
          {"joint_states", std::move(causes)},
          {"visible_fraction", rounded(person.visible_fraction(), 1e4)},
          {"amodal_bbox", box(person.amodal_box)},
          {"amodal_segmentation",
           {{"size", {clip.height, clip.width}}, {"counts", person.amodal_rle}}},
          {"action", p == 0 ? clip.action : "other"}};
      out.annotations.push_back(annotation.dump());
    }
  }
  return out;
}

std::string coco_file(const std::vector<std::string>& images,
                      const std::vector<std::string>& annotations, const Origin& origin) {
  ordered_json names = ordered_json::array();
  for (const std::string_view name : body::kCocoNames) names.push_back(name);
  const ordered_json info = {
      {"description", fmt::format("{}, seed {}", origin.recipe, origin.seed)},
      {"version", std::string(version())},
      {"contributor", "Pantomime"}};
  // 1-based pairs of COCO's own file.
  const ordered_json category = {{"id", 1},
                                 {"name", "person"},
                                 {"supercategory", "person"},
                                 {"keypoints", std::move(names)},
                                 {"skeleton",
                                  {{16, 14},
                                   {14, 12},
                                   {17, 15},
                                   {15, 13},
                                   {12, 13},
                                   {6, 12},
                                   {7, 13},
                                   {6, 7},
                                   {6, 8},
                                   {7, 9},
                                   {8, 10},
                                   {9, 11},
                                   {2, 3},
                                   {1, 2},
                                   {1, 3},
                                   {2, 4},
                                   {3, 5},
                                   {4, 6},
                                   {5, 7}}}};
  std::string out = "{\"info\":" + info.dump() + ",\n\"licenses\":[],\n\"categories\":[" +
                    category.dump() + "],\n\"images\":[";
  const auto list = [&](const std::vector<std::string>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "\n" : ",\n") + lines[i];
  };
  list(images);
  out += "\n],\n\"annotations\":[";
  list(annotations);
  out += "\n]}\n";
  return out;
}

std::string ntu_file(const ClipRecord& clip) {
  std::string out = fmt::format("{}\n", clip.frames.size());
  const render::Camera& sensor = clip.frames.at(0).camera;
  const motion::Quat turned = conjugate(sensor.world_from_camera);
  for (const FrameRecord& frame : clip.frames) {
    out += fmt::format("{}\n", frame.people.size());
    for (size_t p = 0; p < frame.people.size(); ++p) {
      out += fmt::format("{} 0 0 0 0 0 0 0 0 2\n25\n", 72057594037927936 + static_cast<int64_t>(p));
      for (size_t j = 0; j < body::kNtuCount; ++j) {
        const render::JointTruth& joint = frame.people[p].joints[render::kFirstNtu + j];
        // OpenCV's axes to the sensor's: x to its left, y up, z ahead.
        const Vec3 at = turned * (joint.position - sensor.position);
        const int state = coco_visibility(joint.state);
        const double u = rounded(joint.u, 1e3), v = rounded(joint.v, 1e3);
        out += fmt::format("{:.6f} {:.6f} {:.6f} {} {} {} {} 1 0 0 0 {}\n", -at.x, -at.y, at.z, u,
                           v, u, v, state);
      }
    }
  }
  return out;
}

std::string joints_npz(const ClipRecord& clip) {
  const auto frames = static_cast<int64_t>(clip.frames.size());
  const auto people = static_cast<int64_t>(clip.people.size());
  std::vector<float> points, pixels, visible, parts, intrinsics, distortion, poses;
  std::vector<int64_t> states, boxes;
  for (const FrameRecord& frame : clip.frames) {
    for (const PersonFrame& person : frame.people) {
      for (const render::JointTruth& joint : person.joints) {
        points.insert(points.end(), {joint.position.x, joint.position.y, joint.position.z});
        pixels.insert(pixels.end(), {joint.u, joint.v});
        states.push_back(static_cast<int64_t>(joint.state));
      }
      visible.push_back(static_cast<float>(person.visible_fraction()));
      parts.insert(parts.end(), person.parts.begin(), person.parts.end());
      for (const render::PixelBox& b : {person.box, person.amodal_box})
        boxes.insert(boxes.end(), {b.left, b.top, b.right, b.bottom});
    }
    const render::Camera& c = frame.camera;
    intrinsics.insert(intrinsics.end(), {c.fx, 0, c.cx, 0, c.fy, c.cy, 0, 0, 1});
    distortion.insert(distortion.end(), {c.k1, c.k2, 0, 0});
    const motion::Mat3 r = motion::to_matrix(c.world_from_camera);
    const std::array<float, 3> at = {c.position.x, c.position.y, c.position.z};
    for (size_t row = 0; row < 3; ++row)
      poses.insert(poses.end(), {r.m[row][0], r.m[row][1], r.m[row][2], at[row]});
    poses.insert(poses.end(), {0, 0, 0, 1});
  }
  const auto joints = static_cast<int64_t>(render::kTruthJoints);
  using formats::npy_of;
  return formats::to_npz({{"joints_3d", npy_of({frames, people, joints, 3}, points)},
                          {"joints_2d", npy_of({frames, people, joints, 2}, pixels)},
                          {"states", npy_of({frames, people, joints}, states)},
                          {"visible", npy_of({frames, people}, visible)},
                          {"part_visible", npy_of({frames, people, body::kPartCount}, parts)},
                          {"boxes", npy_of({frames, people, 2, 4}, boxes)},
                          {"intrinsics", npy_of({frames, 3, 3}, intrinsics)},
                          {"distortion", npy_of({frames, 4}, distortion)},
                          {"world_from_camera", npy_of({frames, 4, 4}, poses)}});
}

std::string amass_file(const ClipRecord& clip, const Origin& origin) {
  formats::Amass motion;
  motion.clip = clip.people.at(0).clip;
  motion.gender = "neutral";
  const ordered_json settings = {{"data_set", origin.recipe},
                                 {"key", clip.key},
                                 {"action", clip.action},
                                 {"person", clip.people[0].description}};
  motion.settings = settings.dump();
  return formats::to_amass(motion);
}

}  // namespace pantomime::dataset
