#include "engine/handoff.h"

#include <utility>

namespace tiffin::learn {

Handoff::Member::~Member() {
  const std::scoped_lock lock(handoff_.mutex_);
  handoff_.Leave(*this);
}

bool Handoff::Member::Keeps(ParsedBlock& parsed) {
  if (handoff_.crowd_ == nullptr) return true;
  std::unique_lock lock(handoff_.mutex_);
  handoff_.changed_.wait(lock, [&] { return handoff_.Joins(*this) || handoff_.given_up_ || handoff_.HasRoom(); });
  waiting_ = handoff_.waiting_.size();
  if (learns_) return true;
  handoff_.waiting_.push_back(std::move(parsed));
  parsed = {};
  if (handoff_.unused_.empty()) return false;
  parsed = std::move(handoff_.unused_.back());
  handoff_.unused_.pop_back();
  return false;
}

bool Handoff::Member::Takes(ParsedBlock& parsed) {
  if (handoff_.crowd_ == nullptr) return false;
  const std::scoped_lock lock(handoff_.mutex_);
  return handoff_.Joins(*this) && handoff_.Gives(*this, parsed);
}

bool Handoff::Member::TakesLast(ParsedBlock& parsed) {
  if (handoff_.crowd_ == nullptr) return false;
  const std::scoped_lock lock(handoff_.mutex_);
  if (handoff_.Joins(*this) && handoff_.Gives(*this, parsed)) return true;
  handoff_.Leave(*this);
  return false;
}

void Handoff::Member::Did(const Crowd::Work& work) {
  if (handoff_.crowd_ == nullptr) return;
  const std::scoped_lock lock(handoff_.mutex_);
  const int before = handoff_.crowd_->most();
  handoff_.crowd_->Did(trial_, work);
  if (handoff_.crowd_->most() != before) handoff_.changed_.notify_all();
}

void Handoff::GiveUp() {
  const std::scoped_lock lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

// Whether it is one of those who learn, now that there may be more or fewer of them.
bool Handoff::Joins(Member& member) {
  if (learners_ > crowd_->most()) Leave(member);
  if (!member.learns_ && learners_ < crowd_->most()) {
    member.learns_ = true;
    ++learners_;
  }
  member.trial_ = crowd_->trial();
  return member.learns_;
}

void Handoff::Leave(Member& member) noexcept {
  if (!std::exchange(member.learns_, false)) return;
  --learners_;
  changed_.notify_all();
}

bool Handoff::HasRoom() const noexcept { return waiting_.size() < kMostWaiting * static_cast<std::size_t>(crowd_->most()); }

bool Handoff::Gives(Member& member, ParsedBlock& parsed) {
  if (waiting_.empty()) return false;
  member.waiting_ = waiting_.size();
  std::swap(parsed, waiting_.front());
  unused_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
  changed_.notify_all();
  return true;
}

}  // namespace tiffin::learn
