/* The person's terminal: raw while a session has it, and as it was on every way out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Makes the terminal at `fd` raw; false when it is none. From now on exit and deadly signals put it back. */
bool terminal_raw(int fd);

/** Puts the terminal back as it was; harmless when it is. */
void terminal_restore(void);

/** The size of the terminal at standard output, error or input; false when none of them is one. */
bool terminal_size(uint16_t *rows, uint16_t *columns);
