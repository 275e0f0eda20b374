/*
 * The people at the other end: attach clients of one monitor. Output goes to all of them at the pace of the
 * slowest, and no more than one chunk is on its way at a time, so that a slow reader costs no memory.
 */
#pragma once

#include "../attach/frame.h"

#include <stdbool.h>

struct monitor;

/** Makes the set, without clients and without a door. */
struct clients *clients_new(void);

/** Takes over a connected socket whose other end wants `flags` (enum hello_flag); no hello is needed from it.
 */
void clients_adopt(struct monitor *monitor, int socket, uint8_t flags);

/** Opens RUN/c/ID/attach.sock. Returns -1 with errno. */
int clients_open_door(struct monitor *monitor);

/** Removes the socket: nobody new comes in. */
void clients_close_door(struct monitor *monitor);

/** Sends a chunk of output to all who want it. `data` must stay as it is until clients_behind is false. */
void clients_send(struct monitor *monitor, enum frame_type type, const uint8_t *data, size_t size);

/** Has some client not taken all of the last chunk? streams_resume is called when that ends. */
bool clients_behind(const struct monitor *monitor);

/** The container's input can take more: clients whose typing had to wait go on. */
void clients_unblock(struct monitor *monitor);

/**
 * The end for everybody who is connected now: what is missing of the last chunk, then those of the frames in
 * `tail` that the client wants, then the final frame. Copies; clients take it in their own time.
 */
void clients_finish(struct monitor *monitor, const uint8_t *tail, size_t tail_size, enum frame_type type,
                    const void *payload, size_t size);

/** Is somebody connected that clients_finish was not called for, or that has not taken everything? */
bool clients_present(const struct monitor *monitor);

/** Closes everything. */
void clients_free(struct monitor *monitor);
