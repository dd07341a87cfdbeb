#include "batch/parents.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace tiffin {
namespace {

#if defined(O_PATH)
constexpr int kDirectory = O_PATH | O_DIRECTORY | O_NOFOLLOW;
#else
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
#endif

bool IsPlain(std::string_view part) { return !part.empty() && part != "." && part != ".."; }

}  // namespace

int Parents::Open(std::string_view path, int& directory) {
  std::size_t depth = 0;
  for (std::size_t slash; (slash = path.find('/')) != path.npos; ++depth) {
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (depth < levels_.size() && levels_[depth].name == part) continue;
    levels_.resize(std::min(depth, levels_.size()));
    if (!IsPlain(part)) return EINVAL;
    if (const int outcome = Descend(part); outcome != kOk) return outcome;
  }
  if (!IsPlain(path)) return EINVAL;
  levels_.resize(depth);
  directory = levels_.empty() ? root_ : levels_.back().directory.get();
  return kOk;
}

int Parents::Descend(std::string_view part) {
  const int above = levels_.empty() ? root_ : levels_.back().directory.get();
  std::string name(part);
  Descriptor directory = OpenAt(above, name.c_str(), kDirectory);
  if (!directory && errno == ENOENT && make_) {
    if (mkdirat(above, name.c_str(), 0777) != 0 && errno != EEXIST) return errno;
    directory = OpenAt(above, name.c_str(), kDirectory);
  }
  if (!directory) return errno;
  levels_.push_back({std::move(name), std::move(directory)});
  return kOk;
}

const char* LastPart(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return path.c_str() + (slash == path.npos ? 0 : slash + 1);
}

}  // namespace tiffin
