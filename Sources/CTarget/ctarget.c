#include "ctarget.h"
