#include "bind/python.h"

#include <nanobind/stl/string.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>

#include "files/fault.h"

namespace tiffin::bind {
namespace {

constexpr auto kTick = std::chrono::milliseconds(50);

// False, with no error set, where `source` is no str.
bool Decode(nb::handle source, std::string& bytes) noexcept {
  if (!PyUnicode_Check(source.ptr())) return false;
  Py_ssize_t size = 0;
  if (const char* text = PyUnicode_AsUTF8AndSize(source.ptr(), &size)) {
    bytes.assign(text, static_cast<std::size_t>(size));
    return true;
  }
  PyErr_Clear();  // lone surrogates: bytes that are not UTF-8
  const nb::object encoded = nb::steal(PyUnicode_AsEncodedString(source.ptr(), "utf-8", "surrogateescape"));
  if (!encoded.is_valid()) {
    PyErr_Clear();
    return false;
  }
  char* data = nullptr;
  PyBytes_AsStringAndSize(encoded.ptr(), &data, &size);
  bytes.assign(data, static_cast<std::size_t>(size));
  return true;
}

void Report(const Control& control, nb::handle progress) {
  if (!progress.is_none()) progress(control.files.load(), control.bytes.load());
}

// One job on its own thread, joined when this goes.
class Job {
 public:
  explicit Job(const std::function<void()>& work) : work_(work), thread_([this] { Run(); }) {}
  ~Job() { thread_.join(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Whether it ended within a tick.
  bool WaitTick() {
    const nb::gil_scoped_release release;
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, kTick, [this] { return done_; });
  }
  void WaitEnd() {
    const nb::gil_scoped_release release;
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return done_; });
  }
  void Rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void Run() {
    // Signals are for the thread that Python watches; the threads begun here inherit this.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    try {
      work_();
    } catch (...) {  // rethrown on the calling thread
      failure_ = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    done_ = true;
    ended_.notify_one();
  }

  const std::function<void()>& work_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses all the above
};

}  // namespace

nb::object ToPython(std::string_view path) {
  nb::object text =
      nb::steal(PyUnicode_DecodeUTF8(path.data(), static_cast<Py_ssize_t>(path.size()), "surrogateescape"));
  if (!text.is_valid()) throw nb::python_error();
  return text;
}

nb::object ToPython(const Digest& digest) {
  const std::string hex = ToHex(digest);
  return nb::str(hex.data(), hex.size());
}

Digest ToDigest(std::string_view hex) {
  Digest digest;
  if (!FromHex(hex, digest))
    throw std::invalid_argument("not an object id of 32 hexadecimal digits: " + std::string(hex));
  return digest;
}

nb::list ToPython(const std::vector<std::string>& paths) {
  nb::list list;
  for (const std::string& path : paths) list.append(ToPython(path));
  return list;
}

std::vector<std::string> ToStrings(nb::handle sequence) {
  if (PyUnicode_Check(sequence.ptr())) throw nb::type_error("expected a sequence of str, found one str");
  std::vector<std::string> strings;
  for (const nb::handle item : sequence) {
    std::string text;
    if (!Decode(item, text)) throw nb::type_error("expected a sequence of str");
    strings.push_back(std::move(text));
  }
  return strings;
}

Link ToLink(std::string_view name) {
  if (name == "reflink") return Link::kReflink;
  if (name == "hardlink") return Link::kHardlink;
  if (name == "symlink") return Link::kSymlink;
  if (name == "copy") return Link::kCopy;
  throw std::invalid_argument("no link type " + std::string(name) + " (known: reflink, hardlink, symlink, copy)");
}

std::vector<Link> ToLinks(nb::handle names) {
  std::vector<Link> links;
  for (const std::string& name : ToStrings(names)) links.push_back(ToLink(name));
  return links;
}

void Watch(Control& control, nb::handle progress, const std::function<void()>& work, bool brief) {
  if (brief) {
    {
      const nb::gil_scoped_release release;
      work();
    }
    return Report(control, progress);
  }
  Job job(work);
  try {
    while (!job.WaitTick()) {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      Report(control, progress);
    }
  } catch (...) {
    control.stop = true;
    job.WaitEnd();
    throw;
  }
  job.Rethrow();
  Report(control, progress);
}

void TranslateErrors() {
  nb::register_exception_translator([](const std::exception_ptr& failure, void*) {
    try {
      std::rethrow_exception(failure);
    } catch (const SystemFault& fault) {
      const nb::object arguments = nb::make_tuple(fault.error, fault.what(), ToPython(fault.path));
      PyErr_SetObject(PyExc_OSError, arguments.ptr());
    } catch (const std::invalid_argument& fault) {
      PyErr_SetObject(PyExc_ValueError, ToPython(std::string_view(fault.what())).ptr());
    }
  });
}

}  // namespace tiffin::bind

bool nanobind::detail::type_caster<tiffin::bind::Path>::from_python(handle source, std::uint8_t,
                                                                    cleanup_list*) noexcept {
  return tiffin::bind::Decode(source, value.bytes);
}
