#include "parse/text.h"

namespace tiffin::learn {

Parser FindParser(std::string_view format) noexcept {
  if (format == "libsvm") return ParseLibsvm;
  if (format == "ffm") return ParseFfm;
  if (format == "vw") return ParseVw;
  if (format == "criteo") return ParseCriteo;
  return nullptr;
}

}  // namespace tiffin::learn
