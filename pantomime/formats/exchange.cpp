#include "pantomime/formats/exchange.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "pantomime/base/bytes.h"
#include "pantomime/base/error.h"
#include "pantomime/formats/png.h"
#include "pantomime/formats/texture.h"

namespace pantomime::formats {
namespace {

using body::Character;
using body::SkinnedMesh;
using motion::Clip;
using motion::Quat;
using motion::Vec3;

constexpr uint64_t kMaxCacheBytes = uint64_t{2} << 30;

/// A name that USD and OBJ take: letters, digits and "_", not beginning with a digit, each once.
class Names {
 public:
  std::string operator()(const std::string& wanted) {
    std::string name;
    for (const char c : wanted)
      name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "_" + name;
    std::string out = name;
    for (int again = 2; !taken_.insert(out).second; ++again)
      out = fmt::format("{}_{}", name, again);
    return out;
  }

 private:
  std::set<std::string> taken_;
};

void check(const Character& character, const Clip* clip, const ExchangeOptions& options) {
  PANTOMIME_CHECK(options.max_texture >= 16 && options.max_texture <= 16384,
                  "textures of {} pixels, expected 16 to 16384", options.max_texture);
  for (const std::string& name : {options.name, options.textures})
    PANTOMIME_CHECK(!name.empty() && name.find_first_of("/\\@") == std::string::npos,
                    "\"{}\" can't be the name of a file", name);
  const size_t joints = character.skeleton.joint_count();
  PANTOMIME_CHECK(
      character.bind_positions.size() == joints && character.bind_rotations.size() == joints,
      "character: bind pose of {} joints, expected {}", character.bind_positions.size(), joints);
  for (const SkinnedMesh& mesh : character.meshes) {
    const size_t count = mesh.positions.size();
    PANTOMIME_CHECK(mesh.normals.size() == count && mesh.uvs.size() == count &&
                        mesh.joints.size() == count && mesh.weights.size() == count,
                    "mesh {}: arrays of different lengths", mesh.name);
    PANTOMIME_CHECK(
        mesh.material >= 0 && static_cast<size_t>(mesh.material) < character.materials.size(),
        "mesh {}: no material {}", mesh.name, mesh.material);
    for (const auto& triangle : mesh.triangles)
      for (const uint32_t v : triangle)
        PANTOMIME_CHECK(v < count, "mesh {}: no vertex {}", mesh.name, v);
    for (const auto& four : mesh.joints)
      for (const uint8_t j : four)
        PANTOMIME_CHECK(j < joints, "mesh {}: no joint {}", mesh.name, j);
  }
  if (clip == nullptr) return;
  clip->validate();
  PANTOMIME_CHECK(clip->skeleton.names == character.skeleton.names,
                  "the clip's joints are not the character's");
}

/// Textures by material; empty: none. Adds the files.
std::vector<std::string> write_textures(const Character& character, const ExchangeOptions& options,
                                        FileSet& files) {
  std::vector<std::string> out;
  Names names;
  for (const body::Material& material : character.materials) {
    const std::string name = options.textures + "/" + names(material.name) + ".png";
    if (!material.colour) {
      out.emplace_back();
      continue;
    }
    files[name] = to_png(bled(shrunk(*material.colour, options.max_texture)));
    out.push_back(name);
  }
  return out;
}

/// Colour from linear to sRGB, as OBJ's Kd is taken.
float srgb(float linear) {
  return linear <= 0.0031308f ? 12.92f * linear : 1.055f * std::pow(linear, 1 / 2.4f) - 0.055f;
}

std::string to_mtl(const Character& character, const std::vector<std::string>& textures) {
  std::string out;
  Names names;
  for (size_t m = 0; m < character.materials.size(); ++m) {
    const body::Material& material = character.materials[m];
    const auto& c = material.base_colour;
    out += fmt::format("newmtl {}\nKd {:.6g} {:.6g} {:.6g}\nd {:.6g}\nillum 1\n",
                       names(material.name), srgb(c[0]), srgb(c[1]), srgb(c[2]), c[3]);
    if (textures[m].empty()) continue;
    out += "map_Kd " + textures[m] + "\n";
    if (material.see_through) out += "map_d -imfchan m " + textures[m] + "\n";
  }
  return out;
}

/// Texture coordinates and faces: the same in every frame.
std::string obj_faces(const Character& character) {
  Names mesh_names, material_names;
  std::vector<std::string> materials;
  for (const body::Material& material : character.materials)
    materials.push_back(material_names(material.name));
  std::string out;
  for (const SkinnedMesh& mesh : character.meshes)
    for (const auto& uv : mesh.uvs) out += fmt::format("vt {:.6g} {:.6g}\n", uv[0], 1 - uv[1]);
  size_t first = 1;
  for (const SkinnedMesh& mesh : character.meshes) {
    out += fmt::format("o {}\nusemtl {}\n", mesh_names(mesh.name),
                       materials[static_cast<size_t>(mesh.material)]);
    for (const auto& t : mesh.triangles)
      out += fmt::format("f {0}/{0}/{0} {1}/{1}/{1} {2}/{2}/{2}\n", first + t[0], first + t[1],
                         first + t[2]);
    first += mesh.positions.size();
  }
  return out;
}

std::string obj_vertices(const Character& character, const motion::WorldPose* pose, size_t frame) {
  std::string positions, normals;
  for (const SkinnedMesh& mesh : character.meshes) {
    std::vector<Vec3> p = mesh.positions, n = mesh.normals;
    if (pose != nullptr) body::skin(character, mesh, *pose, frame, p, &n);
    for (const Vec3 v : p) positions += fmt::format("v {:.6f} {:.6f} {:.6f}\n", v.x, v.y, v.z);
    for (const Vec3 v : n) normals += fmt::format("vn {:.4f} {:.4f} {:.4f}\n", v.x, v.y, v.z);
  }
  return positions + normals;
}

std::string obj_head(const Character& character, const ExchangeOptions& options) {
  std::string out = "# Pantomime; metres, y up\n";
  for (const body::Credit& credit : character.credits)
    out += "# " + credit.item + ": " + credit.author + ", " + credit.licence + "\n";
  return out + "mtllib " + options.name + ".mtl\n";
}

}  // namespace

void write_files(const std::filesystem::path& folder, const FileSet& files) {
  std::vector<std::filesystem::path> written;
  try {
    for (const auto& [name, content] : files) {
      const std::filesystem::path path = folder / name;
      std::error_code error;  // write_file() tells when there is no such folder
      if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
      write_file(path, content);
      written.push_back(path);
    }
  } catch (const Error&) {
    std::error_code ignored;
    for (const auto& path : written) std::filesystem::remove(path, ignored);
    throw;
  }
}

FileSet to_obj_sequence(const Character& character, const Clip& clip,
                        const ExchangeOptions& options) {
  check(character, &clip, options);
  FileSet files;
  files[options.name + ".mtl"] = to_mtl(character, write_textures(character, options, files));
  const std::string head = obj_head(character, options), faces = obj_faces(character);
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  for (size_t f = 0; f < clip.frame_count(); ++f)
    files[fmt::format("{}_{:05}.obj", options.name, f)] =
        head + obj_vertices(character, &pose, f) + faces;
  return files;
}

FileSet to_pc2(const Character& character, const Clip& clip, const ExchangeOptions& options) {
  check(character, &clip, options);
  FileSet files;
  files[options.name + ".mtl"] = to_mtl(character, write_textures(character, options, files));
  files[options.name + ".obj"] =
      obj_head(character, options) + obj_vertices(character, nullptr, 0) + obj_faces(character);
  size_t points = 0;
  for (const SkinnedMesh& mesh : character.meshes) points += mesh.positions.size();
  const uint64_t size = uint64_t{12} * points * clip.frame_count();
  PANTOMIME_CHECK(size <= kMaxCacheBytes, "PC2: {} bytes, expected at most {}", size,
                  kMaxCacheBytes);
  std::string& out = files[options.name + ".pc2"];
  out.reserve(size + 32);
  const auto put = [&](auto value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  out = std::string("POINTCACHE2\0", 12);
  put(int32_t{1});
  put(static_cast<int32_t>(points));
  put(0.f);  // first frame
  put(1.f);  // frames a sample
  put(static_cast<int32_t>(clip.frame_count()));
  const motion::WorldPose pose = motion::forward_kinematics(clip);
  std::vector<Vec3> moved;
  for (size_t f = 0; f < clip.frame_count(); ++f)
    for (const SkinnedMesh& mesh : character.meshes) {
      body::skin(character, mesh, pose, f, moved, nullptr);
      for (const Vec3 v : moved) put(v.x), put(v.y), put(v.z);
    }
  return files;
}

// USD.

namespace {

std::string vectors(const std::vector<Vec3>& values) {
  std::string out;
  for (const Vec3 v : values)
    out += fmt::format("{}({:.6g}, {:.6g}, {:.6g})", out.empty() ? "" : ", ", v.x, v.y, v.z);
  return "[" + out + "]";
}

/// USD multiplies rows by matrices: the translation is the last row.
std::string matrix(Quat q, Vec3 p) {
  const motion::Mat3 m = motion::to_matrix(q);
  return fmt::format(
      "( ({:.8g}, {:.8g}, {:.8g}, 0), ({:.8g}, {:.8g}, {:.8g}, 0), ({:.8g}, {:.8g}, {:.8g}, 0), "
      "({:.8g}, {:.8g}, {:.8g}, 1) )",
      m.m[0][0], m.m[1][0], m.m[2][0], m.m[0][1], m.m[1][1], m.m[2][1], m.m[0][2], m.m[1][2],
      m.m[2][2], p.x, p.y, p.z);
}

std::string joined(const std::vector<std::string>& values, const char* quote = "") {
  std::string out;
  for (const std::string& value : values)
    out += (out.empty() ? "" : ", ") + (quote + value + quote);
  return "[" + out + "]";
}

/// Text between quotes.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return "\"" + out + "\"";
}

/// Joints as paths, root/child/…
std::vector<std::string> joint_paths(const motion::Skeleton& skeleton) {
  Names names;
  std::vector<std::string> out;
  for (size_t j = 0; j < skeleton.joint_count(); ++j) {
    const std::string name = names(skeleton.names[j]);
    out.push_back(skeleton.parents[j] < 0
                      ? name
                      : out[static_cast<size_t>(skeleton.parents[j])] + "/" + name);
  }
  return out;
}

std::string usd_head(const Clip& clip, const std::string& doc) {
  return fmt::format(
      "#usda 1.0\n(\n    defaultPrim = \"Character\"\n    doc = {}\n    endTimeCode = {}\n"
      "    framesPerSecond = {:.9g}\n    metersPerUnit = 1\n    startTimeCode = 0\n"
      "    timeCodesPerSecond = {:.9g}\n    upAxis = \"Y\"\n)\n\n"
      "def SkelRoot \"Character\" (\n    prepend apiSchemas = [\"SkelBindingAPI\"]\n)\n{{\n",
      quoted(doc), std::max<size_t>(clip.frame_count(), 1) - 1, clip.fps, clip.fps);
}

std::string usd_skeleton(const motion::Skeleton& skeleton, const std::vector<Vec3>& bind_positions,
                         const std::vector<Quat>& bind_rotations, const Clip& clip) {
  const std::string joints = joined(joint_paths(skeleton), "\"");
  std::vector<std::string> bind, rest;
  for (size_t j = 0; j < skeleton.joint_count(); ++j) {
    bind.push_back(matrix(bind_rotations[j], bind_positions[j]));
    if (skeleton.parents[j] < 0) {
      rest.push_back(bind.back());
      continue;
    }
    const auto p = static_cast<size_t>(skeleton.parents[j]);
    const Quat back = motion::conjugate(bind_rotations[p]);
    rest.push_back(matrix(motion::normalized(back * bind_rotations[j]),
                          back * (bind_positions[j] - bind_positions[p])));
  }
  std::string out =
      "    def Skeleton \"Skeleton\" (\n        prepend apiSchemas = [\"SkelBindingAPI\"]\n    )\n "
      "   {\n";
  out += "        uniform token[] joints = " + joints + "\n";
  out += "        uniform matrix4d[] bindTransforms = " + joined(bind) + "\n";
  out += "        uniform matrix4d[] restTransforms = " + joined(rest) + "\n";
  out += "        rel skel:animationSource = </Character/Skeleton/Animation>\n\n";
  out += "        def SkelAnimation \"Animation\"\n        {\n";
  out += "            uniform token[] joints = " + joints + "\n";
  std::string rotations, translations, scales;
  for (size_t j = 0; j < clip.joint_count(); ++j) scales += j == 0 ? "(1, 1, 1)" : ", (1, 1, 1)";
  for (size_t f = 0; f < clip.frame_count(); ++f) {
    std::string turns;
    std::vector<Vec3> places = clip.skeleton.offsets;
    places[0] = clip.root_positions[f];
    for (size_t m = 0; m < clip.moving_joints.size(); ++m)
      places[static_cast<size_t>(clip.moving_joints[m])] =
          clip.translations[f * clip.moving_joints.size() + m];
    for (size_t j = 0; j < clip.joint_count(); ++j) {
      const Quat q = motion::canonical(clip.rotation(f, j));
      turns +=
          fmt::format("{}({:.7g}, {:.7g}, {:.7g}, {:.7g})", j == 0 ? "" : ", ", q.w, q.x, q.y, q.z);
    }
    rotations += fmt::format("                {}: [{}],\n", f, turns);
    translations += fmt::format("                {}: {},\n", f, vectors(places));
  }
  out += "            quatf[] rotations.timeSamples = {\n" + rotations + "            }\n";
  out += "            half3[] scales = [" + scales + "]\n";
  out += "            float3[] translations.timeSamples = {\n" + translations + "            }\n";
  return out + "        }\n    }\n";
}

std::string usd_mesh(const SkinnedMesh& mesh, const std::string& name, const std::string& material,
                     bool two_sided) {
  std::string counts, indices, uvs, joints, weights;
  for (const auto& t : mesh.triangles) {
    counts += counts.empty() ? "3" : ", 3";
    indices += fmt::format("{}{}, {}, {}", indices.empty() ? "" : ", ", t[0], t[1], t[2]);
  }
  for (const auto& uv : mesh.uvs)
    uvs += fmt::format("{}({:.6g}, {:.6g})", uvs.empty() ? "" : ", ", uv[0], 1 - uv[1]);
  for (size_t v = 0; v < mesh.positions.size(); ++v)
    for (size_t i = 0; i < 4; ++i) {
      joints += fmt::format("{}{}", joints.empty() ? "" : ", ", mesh.joints[v][i]);
      weights += fmt::format("{}{:.6g}", weights.empty() ? "" : ", ", mesh.weights[v][i]);
    }
  std::string out = "\n    def Mesh \"" + name +
                    "\" (\n        prepend apiSchemas = [\"SkelBindingAPI\", "
                    "\"MaterialBindingAPI\"]\n    )\n    {\n";
  out += fmt::format("        uniform bool doubleSided = {}\n", two_sided ? 1 : 0);
  out += "        int[] faceVertexCounts = [" + counts + "]\n";
  out += "        int[] faceVertexIndices = [" + indices + "]\n";
  out += "        rel material:binding = </Character/Materials/" + material + ">\n";
  out += "        normal3f[] normals = " + vectors(mesh.normals) +
         " (\n            interpolation = \"vertex\"\n        )\n";
  out += "        point3f[] points = " + vectors(mesh.positions) + "\n";
  out += "        matrix4d primvars:skel:geomBindTransform = " + matrix({}, {}) + "\n";
  const std::string four =
      " (\n            elementSize = 4\n            interpolation = \"vertex\"\n        )\n";
  out += "        int[] primvars:skel:jointIndices = [" + joints + "]" + four;
  out += "        float[] primvars:skel:jointWeights = [" + weights + "]" + four;
  out += "        texCoord2f[] primvars:st = [" + uvs +
         "] (\n            interpolation = \"vertex\"\n        )\n";
  out += "        rel skel:skeleton = </Character/Skeleton>\n";
  return out + "        uniform token subdivisionScheme = \"none\"\n    }\n";
}

std::string usd_material(const body::Material& material, const std::string& name,
                         const std::string& texture) {
  const std::string path = "/Character/Materials/" + name;
  const auto& c = material.base_colour;
  std::string out = "        def Material \"" + name + "\"\n        {\n";
  out += "            token outputs:surface.connect = <" + path + "/Surface.outputs:surface>\n\n";
  out += "            def Shader \"Surface\"\n            {\n";
  out += "                uniform token info:id = \"UsdPreviewSurface\"\n";
  if (texture.empty()) {
    out += fmt::format("                color3f inputs:diffuseColor = ({:.6g}, {:.6g}, {:.6g})\n",
                       c[0], c[1], c[2]);
    out += fmt::format("                float inputs:opacity = {:.6g}\n", c[3]);
  } else {
    out += "                color3f inputs:diffuseColor.connect = <" + path +
           "/Texture.outputs:rgb>\n";
    if (material.see_through) {
      out += "                float inputs:opacity.connect = <" + path + "/Texture.outputs:a>\n";
      out += "                float inputs:opacityThreshold = 0.5\n";
    }
  }
  out += fmt::format("                float inputs:roughness = {:.6g}\n", material.roughness);
  out += "                token outputs:surface\n            }\n";
  if (!texture.empty()) {
    out += "\n            def Shader \"Texture\"\n            {\n";
    out += "                uniform token info:id = \"UsdUVTexture\"\n";
    out += "                asset inputs:file = @" + texture + "@\n";
    out += fmt::format("                float4 inputs:scale = ({:.6g}, {:.6g}, {:.6g}, {:.6g})\n",
                       c[0], c[1], c[2], c[3]);
    out += "                token inputs:sourceColorSpace = \"sRGB\"\n";
    out += "                float2 inputs:st.connect = <" + path + "/Reader.outputs:result>\n";
    out += "                token inputs:wrapS = \"repeat\"\n";
    out += "                token inputs:wrapT = \"repeat\"\n";
    out += "                float outputs:a\n                float3 outputs:rgb\n            }\n";
    out += "\n            def Shader \"Reader\"\n            {\n";
    out += "                uniform token info:id = \"UsdPrimvarReader_float2\"\n";
    out += "                string inputs:varname = \"st\"\n";
    out += "                float2 outputs:result\n            }\n";
  }
  return out + "        }\n";
}

}  // namespace

FileSet to_usd(const Character& character, const Clip& clip, const ExchangeOptions& options) {
  check(character, &clip, options);
  FileSet files;
  const std::vector<std::string> textures = write_textures(character, options, files);
  std::string doc = "Pantomime.";
  for (const body::Credit& credit : character.credits)
    doc += " " + credit.item + ": " + credit.author + ", " + credit.licence + ", " + credit.source +
           ".";
  Names names, material_names;
  names("Skeleton"), names("Materials");
  std::vector<std::string> materials;
  for (const body::Material& material : character.materials)
    materials.push_back(material_names(material.name));
  std::string& out = files[options.name + ".usda"];
  out = usd_head(clip, doc);
  out += usd_skeleton(character.skeleton, character.bind_positions, character.bind_rotations, clip);
  for (const SkinnedMesh& mesh : character.meshes) {
    const auto m = static_cast<size_t>(mesh.material);
    out += usd_mesh(mesh, names(mesh.name), materials[m], character.materials[m].two_sided);
  }
  out += "\n    def Scope \"Materials\"\n    {\n";
  for (size_t m = 0; m < materials.size(); ++m)
    out += usd_material(character.materials[m], materials[m], textures[m]);
  out += "    }\n}\n";
  return files;
}

std::string to_usd(const Clip& clip) {
  clip.validate();
  Clip rest;
  rest.skeleton = clip.skeleton;
  rest.root_positions.resize(1);
  rest.rotations.resize(clip.joint_count());
  const motion::WorldPose pose = motion::forward_kinematics(rest);
  return usd_head(clip, "Pantomime.") +
         usd_skeleton(clip.skeleton, pose.positions, pose.rotations, clip) + "}\n";
}

}  // namespace pantomime::formats
