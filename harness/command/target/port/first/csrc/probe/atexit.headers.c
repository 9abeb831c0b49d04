#include "probe.h"
#include <unistd.h>
typedef int nothing;
