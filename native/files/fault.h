// A system call that failed, and on what.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tiffin {

class SystemFault : public std::runtime_error {
 public:
  SystemFault(int error, std::string path)
      : std::runtime_error(std::generic_category().message(error)), error(error), path(std::move(path)) {}
  int error;
  std::string path;
};

}  // namespace tiffin
