// The C library's allocator and its settings, which Swift's module of the C library leaves out.
#ifndef MUSTER_CMALLOC_H
#define MUSTER_CMALLOC_H

#include <malloc.h>

#endif
