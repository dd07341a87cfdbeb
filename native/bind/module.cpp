// tiffin._native._core
#include "bind/python.h"

NB_MODULE(_core, module) {
  using namespace tiffin::bind;
  TranslateErrors();
  BindTable(module);
  BindIgnore(module);
  BindWalk(module);
  BindBatch(module);
  BindCopies(module);
  BindLegacy(module);
  BindInventory(module);
  BindFiles(module);
}
