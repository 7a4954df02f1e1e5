#include "pantomime/formats/wavefront.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "pantomime/base/error.h"
#include "pantomime/formats/lines.h"

namespace pantomime::formats {
namespace {

constexpr size_t kMost = 4'000'000;  // vertices, and triangles
constexpr float kCrease = 0.5f;      // cosine of 60 degrees

float linear(double srgb) {
  const double c = std::clamp(srgb, 0.0, 1.0);
  return static_cast<float>(c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
}

/// The name at the end of a map_Kd line; options before it ("-s 1 1 1") are skipped.
std::string map_name(const Lines& lines) {
  return lines.words().size() < 2 ? std::string() : std::string(lines.words().back());
}

void read_materials(std::string_view text, const std::string& name, const SidePicture& pictures,
                    std::map<std::string, int>& known, Model3d& out) {
  Lines lines(text, name);
  body::Material* now = nullptr;
  double shine = 0;
  const auto unit = [&](size_t at) { return std::clamp(lines.number(at, "colour"), 0.0, 1.0); };
  while (lines.next()) {
    const std::string_view word = lines.words()[0];
    if (word == "newmtl") {
      const std::string its = lines.words().size() > 1 ? std::string(lines.words()[1]) : "";
      if (out.materials.size() >= 4096) lines.fail("more than 4096 materials");
      known[its] = static_cast<int>(out.materials.size());
      now = &out.materials.emplace_back();
      now->name = its;
      now->two_sided = true;
      shine = 0;
    } else if (now == nullptr || lines.words().size() < 2) {
      continue;
    } else if (word == "Kd" && lines.words().size() >= 4) {
      for (size_t c = 0; c < 3; ++c) now->base_colour[c] = linear(unit(c + 1));
    } else if (word == "Ks" && lines.words().size() >= 4) {
      shine = std::max({unit(1), unit(2), unit(3)});
    } else if (word == "Ns") {
      // Blinn-Phong's exponent to the roughness with about as wide a lobe (Walter et al. 2007).
      const double exponent = std::clamp(lines.number(1, "shininess"), 0.0, 1000.0);
      if (shine > 0.05) now->roughness = static_cast<float>(std::sqrt(2 / (exponent + 2)));
    } else if (word == "d" || word == "Tr") {
      const double value = unit(lines.words().size() - 1);
      now->base_colour[3] = static_cast<float>(word == "d" ? value : 1 - value);
      now->see_through = now->base_colour[3] < 0.99f;
    } else if (word == "map_Kd") {
      now->colour = pictures(map_name(lines));
      if (now->colour && now->colour->channels == 4) now->see_through = true;
      // Tools write black or grey beside a picture that is meant to be seen as it is.
      if (now->colour) now->base_colour = {1, 1, 1, now->base_colour[3]};
    }
  }
}

/// A corner as the file has it, -1: not given.
struct Corner {
  int64_t position, uv, normal;
  auto operator<=>(const Corner&) const = default;
};

class ObjReader {
 public:
  ObjReader(std::string_view text, const std::string& name, const SideFile& files,
            const SidePicture& pictures)
      : lines_(text, name), files_(files), pictures_(pictures) {}

  Model3d read() {
    while (lines_.next()) {
      const std::string_view word = lines_.words()[0];
      if (word == "v") {
        push(positions_, "vertices");
      } else if (word == "vn") {
        push(normals_, "normals");
      } else if (word == "vt") {
        uvs_.push_back(
            {static_cast<float>(lines_.number(1, "vt")),
             lines_.words().size() > 2 ? static_cast<float>(lines_.number(2, "vt")) : 0});
        if (uvs_.size() > kMost) lines_.fail("more than {} texture coordinates", kMost);
      } else if (word == "f") {
        face();
      } else if (word == "usemtl") {
        use(lines_.words().size() > 1 ? std::string(lines_.words()[1]) : std::string());
      } else if (word == "mtllib") {
        for (size_t i = 1; i < lines_.words().size(); ++i) {
          const std::string file(lines_.words()[i]);
          read_materials(files_(file), lines_.name() + "/" + file, pictures_, known_, out_);
        }
      }
    }
    if (count_ == 0) lines_.fail("no faces");
    for (auto& [material, faces] : faces_) piece(material, faces);
    return std::move(out_);
  }

 private:
  using Face = std::array<Corner, 3>;

  void push(std::vector<Vec3>& to, const char* what) {
    if (lines_.words().size() < 4) lines_.fail("{} numbers, expected 3", lines_.words().size() - 1);
    if (to.size() >= kMost) lines_.fail("more than {} {}", kMost, what);
    to.push_back({static_cast<float>(lines_.number(1, what)),
                  static_cast<float>(lines_.number(2, what)),
                  static_cast<float>(lines_.number(3, what))});
  }

  /// Numbers begin at 1; negative ones count from the end.
  int64_t index(std::string_view digits, size_t count, const char* what) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const int64_t at = value < 0 ? static_cast<int64_t>(count) + value : value - 1;
    if (error != std::errc() || end != digits.data() + digits.size() || value == 0 || at < 0 ||
        at >= static_cast<int64_t>(count))
      lines_.fail("{} \"{}\", there are {}", what, shown(digits), count);
    return at;
  }

  Corner corner(std::string_view word) {
    Corner c{-1, -1, -1};
    const size_t first = word.find('/');
    c.position = index(word.substr(0, first), positions_.size(), "vertex");
    if (first == std::string_view::npos) return c;
    const std::string_view rest = word.substr(first + 1);
    const size_t second = rest.find('/');
    if (second != 0 && !rest.empty())
      c.uv = index(rest.substr(0, second), uvs_.size(), "texture coordinate");
    if (second != std::string_view::npos && second + 1 < rest.size())
      c.normal = index(rest.substr(second + 1), normals_.size(), "normal");
    return c;
  }

  void face() {
    const size_t corners = lines_.words().size() - 1;
    if (corners < 3) return;  // some tools write lines as faces
    if (count_ + corners > kMost) lines_.fail("more than {} triangles", kMost);
    const Corner first = corner(lines_.words()[1]);
    Corner last = corner(lines_.words()[2]);
    for (size_t i = 3; i <= corners; ++i) {
      const Corner next = corner(lines_.words()[i]);
      faces_[material_].push_back({first, last, next});
      last = next;
      ++count_;
    }
  }

  void use(const std::string& name) {
    auto found = known_.find(name);
    if (found == known_.end()) {  // a material without a file: plain
      found = known_.emplace(name, static_cast<int>(out_.materials.size())).first;
      out_.materials.emplace_back().name = name;
      out_.materials.back().two_sided = true;
    }
    material_ = found->second;
  }

  Vec3 flat_normal(const Face& face) const {
    const auto at = [&](size_t i) { return positions_[static_cast<size_t>(face[i].position)]; };
    return cross(at(1) - at(0), at(2) - at(0));
  }

  void piece(int material, const std::vector<Face>& faces) {
    if (material < 0 || static_cast<size_t>(material) >= out_.materials.size()) {
      use("");
      material = material_;
    }
    ModelPiece piece;
    piece.material = material;
    std::vector<Vec3> flat(faces.size());
    std::map<int64_t, std::vector<size_t>> around;  // faces at a position, where a normal lacks
    bool textured = false;
    for (size_t i = 0; i < faces.size(); ++i) {
      flat[i] = flat_normal(faces[i]);
      for (const Corner& c : faces[i]) {
        if (c.normal < 0) around[c.position].push_back(i);
        textured |= c.uv >= 0;
      }
    }
    std::map<Corner, uint32_t> known;  // corners with a normal of their own are shared
    for (size_t i = 0; i < faces.size(); ++i) {
      const Vec3 own = normalized(flat[i], {0, 1, 0});
      std::array<uint32_t, 3> triangle{};
      for (size_t k = 0; k < 3; ++k) {
        const Corner& c = faces[i][k];
        if (c.normal >= 0) {
          if (const auto found = known.find(c); found != known.end()) {
            triangle[k] = found->second;
            continue;
          }
        }
        Vec3 normal;
        if (c.normal >= 0) {
          normal = normalized(normals_[static_cast<size_t>(c.normal)], own);
        } else {
          // Larger faces count more: flat normals are as long as twice their area.
          for (const size_t other : around[c.position])
            if (dot(normalized(flat[other], own), own) > kCrease) normal += flat[other];
          normal = normalized(normal, own);
        }
        triangle[k] = static_cast<uint32_t>(piece.positions.size());
        if (c.normal >= 0) known.emplace(c, triangle[k]);
        piece.positions.push_back(positions_[static_cast<size_t>(c.position)]);
        piece.normals.push_back(normal);
        if (textured)
          piece.uvs.push_back(c.uv < 0
                                  ? std::array<float, 2>{0, 0}
                                  : std::array<float, 2>{uvs_[static_cast<size_t>(c.uv)][0],
                                                         1 - uvs_[static_cast<size_t>(c.uv)][1]});
      }
      piece.triangles.push_back(triangle);
    }
    out_.pieces.push_back(std::move(piece));
  }

  Lines lines_;
  const SideFile& files_;
  const SidePicture& pictures_;
  Model3d out_;
  std::vector<Vec3> positions_, normals_;
  std::vector<std::array<float, 2>> uvs_;
  std::map<std::string, int> known_;
  std::map<int, std::vector<Face>> faces_;
  int material_ = -1;
  size_t count_ = 0;
};

}  // namespace

Model3d parse_obj(std::string_view text, const std::string& name, const SideFile& materials,
                  const SidePicture& pictures) {
  return ObjReader(text, name, materials, pictures).read();
}

}  // namespace pantomime::formats
