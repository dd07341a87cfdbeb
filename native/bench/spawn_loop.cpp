// spawn_loop COUNT: what running COUNT commands costs, as a yardstick for the benchmarks.
//
// Runs `sh -c "cp s<i>.txt s<i+1>.txt"` for i = 0, 1, ..., COUNT - 1 in the working directory, one after the other, as
// a chain of stages does.  Prints commands and seconds.
//
// Build: c++ -O2 -std=c++20 spawn_loop.cpp -o spawn_loop
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

extern char** environ;

int main(int count, char** arguments) {
  const int commands = count == 2 ? std::atoi(arguments[1]) : 0;
  if (commands <= 0) {
    std::fprintf(stderr, "usage: spawn_loop COUNT\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < commands; ++i) {
    std::string command = "cp s" + std::to_string(i) + ".txt s" + std::to_string(i + 1) + ".txt";
    std::string shell = "sh", flag = "-c";
    char* words[] = {shell.data(), flag.data(), command.data(), nullptr};
    pid_t child = 0;
    int status = 0;
    if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, words, environ) != 0 || waitpid(child, &status, 0) != child ||
        status != 0) {
      std::fprintf(stderr, "cannot run: %s\n", command.c_str());
      return 1;
    }
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  std::printf("%d commands in %.3f s\n", commands, taken.count());
}
