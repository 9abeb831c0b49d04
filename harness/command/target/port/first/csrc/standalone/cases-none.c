#include "standalone.h"


const struct standalone_case standalone_cases[] = {
    {NULL, NULL, NULL, NULL},
};
const char standalone_target[] = "";
