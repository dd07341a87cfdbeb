// What every binding needs: text and errors across the border, and long jobs that Python can watch.
#pragma once

#include <nanobind/nanobind.h>

#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/control.h"
#include "batch/batch.h"
#include "hash/md5.h"

namespace nb = nanobind;

namespace tiffin::bind {

// A path: str in Python, bytes here.  What is not UTF-8 passes as surrogates, like everywhere in Python.
struct Path {
  std::string bytes;
};

nb::object ToPython(std::string_view path);
nb::object ToPython(const Digest& digest);
// Throws std::invalid_argument unless it is 32 hexadecimal digits.
Digest ToDigest(std::string_view hex);
nb::list ToPython(const std::vector<std::string>& paths);

// The strings of a sequence.  Throws nb::type_error for anything else in it.
std::vector<std::string> ToStrings(nb::handle sequence);

// ["reflink", "hardlink", "symlink", "copy"], in the order to try.
Link ToLink(std::string_view name);
std::vector<Link> ToLinks(nb::handle names);

// Runs `work` on a thread of its own, without the interpreter lock.  About every 50 ms, and once at the end, `progress`
// (None or callable) is told files and bytes, and signals are looked at.  An exception from either stops
// the work, and rises when its threads have ended.
// brief: the work is done before a thread would have begun, and is done here.
void Watch(Control& control, nb::handle progress, const std::function<void()>& work, bool brief = false);

// Makes OSError with errno and filename of SystemFault, and decodes the text of std::invalid_argument.
void TranslateErrors();

void BindTable(nb::module_& module);
void BindIgnore(nb::module_& module);
void BindWalk(nb::module_& module);
void BindBatch(nb::module_& module);
void BindCopies(nb::module_& module);
void BindLegacy(nb::module_& module);
void BindInventory(nb::module_& module);
void BindFiles(nb::module_& module);

}  // namespace tiffin::bind

namespace nanobind::detail {

template <>
struct type_caster<tiffin::bind::Path> {
  NB_TYPE_CASTER(tiffin::bind::Path, const_name("str"))

  bool from_python(handle source, std::uint8_t, cleanup_list*) noexcept;
  static handle from_cpp(const tiffin::bind::Path& path, rv_policy, cleanup_list*) noexcept {
    return tiffin::bind::ToPython(path.bytes).release();
  }
};

}  // namespace nanobind::detail
