// Recordings for bench_pose_solver: real ones of depth sensors and markers, clean motion capture.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/archive.h"
#include "pantomime/formats/bvh.h"
#include "pantomime/formats/csv.h"
#include "pantomime/formats/mapping_file.h"
#include "pantomime/motion/point_recording.h"

namespace pantomime::bench {

/// A .npy.zst of 16-bit integers, [rows, points, values].
struct IntTable {
  size_t points = 0, values = 0;
  std::vector<int16_t> numbers;
};

inline IntTable read_int_table(const std::filesystem::path& path, size_t points, size_t values) {
  archive* reader = archive_read_new();
  archive_read_support_filter_zstd(reader);
  archive_read_support_format_raw(reader);
  archive_entry* entry = nullptr;
  std::string bytes;
  if (archive_read_open_filename(reader, path.c_str(), 1 << 16) == ARCHIVE_OK &&
      archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::vector<char> part(1 << 20);
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader, part.data(), part.size())) > 0)
      bytes.append(part.data(), static_cast<size_t>(got));
  }
  archive_read_free(reader);
  PANTOMIME_CHECK(bytes.size() > 128 && bytes.find("<i2") < 128, "{}: expected an array of int16",
                  path.string());
  uint16_t header = 0;
  std::memcpy(&header, bytes.data() + 8, 2);
  IntTable out{points, values, {}};
  out.numbers.resize((bytes.size() - 10 - header) / 2);
  std::memcpy(out.numbers.data(), bytes.data() + 10 + header, 2 * out.numbers.size());
  PANTOMIME_CHECK(out.numbers.size() % (points * values) == 0, "{}: not rows of {} points",
                  path.string(), points);
  return out;
}

/// One sequence of a data set of points in millimetres.
struct NamedRecording {
  std::string name, subject, action;
  motion::PointRecording points;
};

/// All sequences of a set: <folder>/<array>.npy.zst, <points>.csv, <sequences>.csv.
inline std::vector<NamedRecording> read_recordings(const std::filesystem::path& folder,
                                                   const std::string& array,
                                                   const std::string& points,
                                                   const std::string& sequences, size_t values) {
  const formats::CsvTable names = formats::read_csv(folder / (points + ".csv"));
  const formats::CsvTable table = formats::read_csv(folder / (sequences + ".csv"));
  const IntTable all = read_int_table(folder / (array + ".npy.zst"), names.rows.size(), values);
  const auto fps = table.find("fps");
  std::vector<NamedRecording> out;
  for (const auto& row : table.rows) {
    NamedRecording one;
    one.name = row[0];
    one.subject = row[table.column("subject")];
    one.action = row[table.column("action")];
    const size_t start = std::stoul(row[table.column("start")]);
    const size_t frames = std::stoul(row[table.column("frames")]);
    if (frames < 20) continue;
    one.points.fps = fps ? std::stod(row[*fps]) : 30;
    for (const auto& name : names.rows) one.points.names.push_back(name[names.column("name")]);
    for (size_t i = start * all.points; i < (start + frames) * all.points; ++i) {
      const int16_t* at = &all.numbers[i * values];
      for (int k = 0; k < 3; ++k)
        one.points.positions.push_back(0.001f * static_cast<float>(at[k]));
      const bool there = at[0] != 0 || at[1] != 0 || at[2] != 0;
      const float confidence = values > 3 ? 0.001f * static_cast<float>(at[3]) : 1;
      one.points.confidence.push_back(there ? std::clamp(confidence, 0.0f, 1.0f) : 0);
    }
    out.push_back(std::move(one));
  }
  return out;
}

/// `count` clips of CMU's motion capture, spread over its files, canonical, 30 frames per second,
/// at most `seconds` from the middle of each.
inline std::vector<motion::Clip> clean_clips(const std::filesystem::path& data, size_t count,
                                             double seconds) {
  const auto mappings = formats::load_mappings(resource_path("configs/mappings"));
  std::vector<std::filesystem::path> archives;
  for (const auto& file : std::filesystem::directory_iterator(data / "cmu_mocap"))
    if (formats::is_archive_name(file.path())) archives.push_back(file.path());
  std::sort(archives.begin(), archives.end());
  std::map<std::string, std::string> texts;
  for (const auto& archive : archives)
    formats::read_archive(
        archive, [](const std::string& name) { return name.ends_with(".bvh"); },
        [&](const std::string& name, std::string&& content) {
          texts[name] = std::move(content);
          return true;
        });
  std::vector<motion::Clip> out;
  size_t index = 0;
  for (const auto& [name, text] : texts) {
    if (index++ * count / texts.size() < out.size()) continue;
    const motion::Clip source = formats::parse_bvh(text, name);
    motion::Clip clip = motion::resample(
        motion::to_canonical(source, formats::recognise(source.skeleton, mappings, name)),
        motion::kFps);
    const auto most = static_cast<size_t>(seconds * motion::kFps);
    if (clip.frame_count() > most) clip = motion::cut(clip, (clip.frame_count() - most) / 2, most);
    out.push_back(motion::on_floor(clip));
  }
  return out;
}

}  // namespace pantomime::bench
