// Makes a data set on disk, shard by shard.
//
//   data/dataset.json                what it was made from
//   data/shards/care-000003.tar      WebDataset: one sample a clip
//   data/images/care-000061/0000.jpg pictures of the COCO files
//   data/coco/annotations.json  data/pyskl/care-coco17.pkl  data/pyskl/care-ntu25.pkl
//   data/ntu/S001C001P001R061A004.skeleton  data/amass/care-000061.npz
//   data/video/sit_down/care-000061.mp4  data/video/labels.csv
//   data/manifest.jsonl  data/checksums.txt
//   data/parts/                      what each shard gives to the files that all share
//
// A shard is a pure function of recipe, seed and its number: several jobs may each make some, on
// one machine or many, stop and go on; the one that finds all of them there writes the shared
// files.
#pragma once

#include <filesystem>

#include "pantomime/base/progress.h"
#include "pantomime/dataset/clip_maker.h"
#include "pantomime/dataset/outputs.h"

namespace pantomime::dataset {

struct BuildOptions {
  std::filesystem::path out;
  int64_t clips = 0;
  uint64_t seed = 1;
  int64_t part = 0, parts = 1;  ///< this job makes the shards s with s % parts == part
  int threads = 0;              ///< clips made at the same time; 0: all cores
  std::string recipe_text;      ///< kept in dataset.json
};

struct BuildResult {
  int64_t made = 0, there = 0;  ///< clips made now, and those of finished shards that were skipped
  bool complete = false;        ///< all shards of all jobs are there and the shared files written
};

/// Makes the shards of one job. A finished shard is left alone. Throws Error for a folder that was
/// made from another recipe, seed or number of clips, and for what make_clip() and the disk refuse;
/// finished shards stay as they are. Progress steps once a clip.
BuildResult build(Studio& studio, const BuildOptions& options, Progress& progress);

/// The files of a data set: `dataset.json` read back.
struct DatasetInfo {
  std::string name, recipe_text, program;
  Origin origin;
  int64_t clips = 0, clips_per_shard = 0;
  std::vector<std::string> formats, layers;
  int64_t shards() const { return (clips + clips_per_shard - 1) / clips_per_shard; }
};
DatasetInfo read_info(const std::filesystem::path& folder);

}  // namespace pantomime::dataset
