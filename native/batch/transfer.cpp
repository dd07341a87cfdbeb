#include <fcntl.h>

#include <cerrno>

#include "batch/batch.h"
#include "batch/flusher.h"
#include "batch/object.h"
#include "batch/reader.h"
#include "files/fault.h"

namespace tiffin {
namespace {

class TransferTask final : public FileTask {
 public:
  TransferTask(int from, int to, std::span<const Digest> digests, const std::string& suffix, Control& control)
      : from_(from), to_(to), digests_(digests), suffix_(suffix), control_(control) {}

  Descriptor Open(std::size_t item, int& outcome) override {
    const ObjectPath path(digests_[item], suffix_);
    if (IsThere(path)) return {};
    Descriptor source = OpenAt(from_, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) outcome = errno;
    return source;
  }

  int TakeSmall(std::size_t item, const Stat& stat, std::span<const std::byte> bytes, const Digest& digest) override {
    if (digest != digests_[item]) return kCorrupt;
    TempFile temp;
    const ObjectPath path(digest, suffix_);
    if (const int outcome = CreateBeside(to_, path, temp); outcome != kOk) return outcome;
    if (const int outcome = WriteAll(temp.get(), bytes); outcome != kOk) return outcome;
    return Finish(path, stat, temp);
  }

  int BeginLarge(std::size_t item, const Descriptor&, Stat&, Copy& copy) override {
    return CreateBeside(to_, ObjectPath(digests_[item], suffix_), copy.temp);
  }

  int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy& copy) override {
    if (digest != digests_[item]) return kCorrupt;
    return Finish(ObjectPath(digest, suffix_), stat, copy.temp);
  }

  bool KnowsDigests() const override { return true; }

 private:
  // An object of another size than the source's was cut off when the power failed during an earlier transfer.
  bool IsThere(const ObjectPath& path) const {
    Stat there;
    if (StatAt(to_, path.c_str(), false, there) != kOk) return false;
    if (!MayBeCutOff(there)) return true;
    Stat here;
    return StatAt(from_, path.c_str(), false, here) != kOk || here.size == there.size;
  }

  int Finish(const ObjectPath& path, const Stat& stat, TempFile& temp) {
    if (const int outcome = Protect(temp.get()); outcome != kOk) return outcome;
    if (const int outcome = temp.Close(); outcome != kOk) return outcome;
    bool created = false;
    if (const int outcome = Publish(to_, path, stat.size, temp, created); outcome != kOk) return outcome;
    if (created) CountNewObject(control_, stat.size);
    return kOk;
  }

  int from_;
  int to_;
  std::span<const Digest> digests_;
  const std::string& suffix_;
  Control& control_;
};

class VerifyTask final : public FileTask {
 public:
  VerifyTask(int store, std::span<const Digest> digests, const std::string& suffix)
      : store_(store), digests_(digests), suffix_(suffix) {}

  Descriptor Open(std::size_t item, int& outcome) override {
    Descriptor source = OpenAt(store_, ObjectPath(digests_[item], suffix_).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!source) outcome = errno;
    return source;
  }

  int TakeSmall(std::size_t item, const Stat&, std::span<const std::byte>, const Digest& digest) override {
    return digest == digests_[item] ? kOk : kCorrupt;
  }

  int BeginLarge(std::size_t, const Descriptor&, Stat&, Copy&) override { return kOk; }

  int EndLarge(std::size_t item, const Stat& stat, const Digest& digest, Copy&) override {
    return TakeSmall(item, stat, {}, digest);
  }

  bool KnowsDigests() const override { return true; }

 private:
  int store_;
  std::span<const Digest> digests_;
  const std::string& suffix_;
};

}  // namespace

void TransferObjects(int from, int to, std::span<const Digest> digests, const std::string& suffix,
                     std::span<int> outcomes, int threads, Control& control) {
  TransferTask task(from, to, digests, suffix, control);
  Flusher flusher(to);
  ReadFiles(task, {}, outcomes, threads, control);
  if (const int error = flusher.Stop(); error != kOk) throw SystemFault(error, "the object store");
}

void VerifyObjects(int store, std::span<const Digest> digests, const std::string& suffix, std::span<int> outcomes,
                   int threads, Control& control) {
  VerifyTask task(store, digests, suffix);
  ReadFiles(task, {}, outcomes, threads, control);
}

}  // namespace tiffin
