// Workers for one call: they begin with it and end with it.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>

namespace tiffin {

// How many workers `items` pieces of work get when `asked` are wanted (0: one per CPU the process may use).
int WorkerCount(int asked, std::size_t items);

// Runs work(0) ... work(count - 1), the first on the calling thread, and returns when all have.  Other threads take
// no signals.  An exception is rethrown here, after all have ended.
void OnWorkers(int count, const std::function<void(int)>& work);

// A thread beside the workers, which takes no signals either.  Not joinable where there is none to be had.
// `work` throws nothing.
std::thread BeginThread(std::function<void()> work);

}  // namespace tiffin
