#include "pantomime/dataset/tar_file.h"

#include <cstring>

#include "pantomime/base/error.h"

namespace pantomime::dataset {

void append_tar_member(std::string& tar, std::string_view name, std::string_view content) {
  PANTOMIME_CHECK(!name.empty() && name.size() <= 100, "tar: name \"{}\" of {} bytes", name,
                  name.size());
  PANTOMIME_CHECK(content.size() < (uint64_t{1} << 33), "tar: {} has {} bytes", name,
                  content.size());
  std::string header(512, '\0');
  const auto put = [&](size_t at, const std::string& text) {
    std::memcpy(&header[at], text.data(), text.size());
  };
  put(0, std::string(name));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", content.size()));
  put(136, "00000000000");
  put(148, "        ");  // the sum counts itself as spaces
  header[156] = '0';
  put(257, std::string("ustar\0"
                       "00",
                       8));
  put(329, "0000000");
  put(337, "0000000");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  header[155] = ' ';
  tar += header;
  tar += content;
  tar.append((512 - content.size() % 512) % 512, '\0');
}

void end_tar(std::string& tar) {
  tar.append(1024, '\0');
}

}  // namespace pantomime::dataset
