// The terminal's C edge: line input by libedit, and the SIGINT handler. Both need what Swift cannot write:
// variadic calls, and code that runs inside a signal handler.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// MARK: Line input

typedef struct cle_editor cle_editor;

// What cle_read returned.
enum cle_result {
  CLE_LINE = 0,
  CLE_END = 1,          // Ctrl-D on an empty line, or the terminal is gone
  CLE_INTERRUPTED = 2,  // Ctrl-C: the line is dropped
};

// Called at TAB with the whole line and the cursor's byte offset. It may call cle_replace and cle_show.
typedef void (*cle_completion)(cle_editor *editor, const char *line, size_t length, size_t cursor, void *context);

// An editor on standard input, or NULL if standard input is no terminal or libedit cannot drive it.
cle_editor *cle_open(const char *program, int history_size);
void cle_close(cle_editor *editor);

void cle_set_completion(cle_editor *editor, cle_completion completion, void *context);

// Reads one line. With CLE_LINE, *line is UTF-8 without the line's end, valid until the next call.
int cle_read(cle_editor *editor, const char *prompt, const char **line, size_t *length);

// Within a completion: deletes `characters` before the cursor and puts `text` there.
void cle_replace(cle_editor *editor, int characters, const char *text);
// Within a completion: prints text below the line, which is then drawn anew.
void cle_show(cle_editor *editor, const char *text);

// The history: what was entered, oldest first in the file. False if the file cannot be read or written.
void cle_history_add(cle_editor *editor, const char *line);
bool cle_history_load(cle_editor *editor, const char *path);
bool cle_history_save(cle_editor *editor, const char *path);

// MARK: Interrupts

// From now on SIGINT is counted. A second one within a second while the first is not acknowledged ends the
// process with status 130. Each writes one byte to the descriptor returned, which another thread may read; −1 if
// the handler could not be installed.
int cle_interrupts_begin(void);
// Gives SIGINT its former meaning.
void cle_interrupts_end(void);
// How many arrived that are not acknowledged.
int cle_interrupts_pending(void);
// What arrived so far has been handled.
void cle_interrupts_acknowledge(void);

// The terminal's columns, or 0 if the descriptor is none or does not know.
int cle_columns(int descriptor);
