#include "clineedit.h"

#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct cle_editor {
  EditLine *edit;
  History *history;
  const char *prompt;
  char *line;
  cle_completion completion;
  void *context;
  bool interrupted;
  bool shown;
};

static cle_editor *editor_of(EditLine *edit) {
  cle_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  return editor;
}

// The type that EL_PROMPT asks for is not const.
static char *prompt_of(EditLine *edit) { return (char *)editor_of(edit)->prompt; }

// While a line is edited Ctrl-C and Ctrl-Z arrive as characters and not as signals: nothing is cut off midway.
static unsigned char on_interrupt(EditLine *edit, int key) {
  (void)key;
  editor_of(edit)->interrupted = true;
  return CC_EOF;
}

// libedit's own handler gives the terminal back, stops, and draws the line anew when the process goes on.
static unsigned char on_suspend(EditLine *edit, int key) {
  (void)edit;
  (void)key;
  raise(SIGTSTP);
  return CC_REFRESH;
}

static unsigned char on_complete(EditLine *edit, int key) {
  (void)key;
  cle_editor *editor = editor_of(edit);
  if (editor->completion == NULL) return CC_REFRESH_BEEP;
  const LineInfo *info = el_line(edit);
  size_t length = (size_t)(info->lastchar - info->buffer), cursor = (size_t)(info->cursor - info->buffer);
  char *copy = malloc(length + 1);
  if (copy == NULL) return CC_REFRESH_BEEP;
  memcpy(copy, info->buffer, length);
  copy[length] = 0;
  editor->shown = false;
  editor->completion(editor, copy, length, cursor, editor->context);
  free(copy);
  return editor->shown ? CC_REDISPLAY : CC_REFRESH;
}

static void bind_key(EditLine *edit, const char *key, const char *command) {
  el_set(edit, EL_BIND, key, command, NULL);
}

cle_editor *cle_open(const char *program, int history_size) {
  if (!isatty(STDIN_FILENO)) return NULL;
  // Only the characters' encoding: another LC_NUMERIC would change how numbers are read.
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");

  cle_editor *editor = calloc(1, sizeof *editor);
  if (editor == NULL) return NULL;
  editor->history = history_init();
  editor->edit = el_init(program, stdin, stdout, stderr);
  if (editor->edit == NULL || editor->history == NULL) {
    cle_close(editor);
    return NULL;
  }
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, history_size);
  history(editor->history, &event, H_SETUNIQUE, 1);

  EditLine *edit = editor->edit;
  el_set(edit, EL_CLIENTDATA, editor);
  el_set(edit, EL_PROMPT_ESC, prompt_of, '\1');
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_SIGNAL, 1);
  el_set(edit, EL_HIST, history, editor->history);
  el_set(edit, EL_ADDFN, "workbench-interrupt", "drop the line", on_interrupt);
  el_set(edit, EL_ADDFN, "workbench-complete", "complete the word", on_complete);
  el_set(edit, EL_ADDFN, "workbench-suspend", "stop the process", on_suspend);
  el_set(edit, EL_SETTY, "-d", "-isig", NULL);
  bind_key(edit, "^C", "workbench-interrupt");
  bind_key(edit, "^Z", "workbench-suspend");
  bind_key(edit, "\t", "workbench-complete");
  bind_key(edit, "^R", "em-inc-search-prev");
  bind_key(edit, "^W", "ed-delete-prev-word");
  bind_key(edit, "\033[3~", "ed-delete-next-char");
  bind_key(edit, "\033[H", "ed-move-to-beg");
  bind_key(edit, "\033[F", "ed-move-to-end");
  bind_key(edit, "\033[1~", "ed-move-to-beg");
  bind_key(edit, "\033[4~", "ed-move-to-end");
  bind_key(edit, "\033[1;5C", "em-next-word");
  bind_key(edit, "\033[1;5D", "ed-prev-word");
  el_source(edit, NULL);  // the user's own ~/.editrc
  return editor;
}

void cle_close(cle_editor *editor) {
  if (editor == NULL) return;
  if (editor->edit != NULL) el_end(editor->edit);
  if (editor->history != NULL) history_end(editor->history);
  free(editor->line);
  free(editor);
}

void cle_set_completion(cle_editor *editor, cle_completion completion, void *context) {
  editor->completion = completion;
  editor->context = context;
}

int cle_read(cle_editor *editor, const char *prompt, const char **line, size_t *length) {
  editor->prompt = prompt;
  editor->interrupted = false;
  el_resize(editor->edit);
  int count = 0;
  const char *text = el_gets(editor->edit, &count);
  if (editor->interrupted) {
    fputs("^C\n", stdout);
    fflush(stdout);
    el_reset(editor->edit);
    return CLE_INTERRUPTED;
  }
  if (text == NULL || count <= 0) {
    fputs("\n", stdout);
    fflush(stdout);
    return CLE_END;
  }
  size_t bytes = strlen(text);
  if (bytes > 0 && text[bytes - 1] == '\n') bytes--;
  char *copy = realloc(editor->line, bytes + 1);
  if (copy == NULL) return CLE_END;
  memcpy(copy, text, bytes);
  copy[bytes] = 0;
  editor->line = copy;
  *line = copy;
  *length = bytes;
  return CLE_LINE;
}

void cle_replace(cle_editor *editor, int characters, const char *text) {
  if (characters > 0) el_deletestr(editor->edit, characters);
  if (*text != 0) el_insertstr(editor->edit, text);
}

void cle_show(cle_editor *editor, const char *text) {
  fprintf(stdout, "\n%s\n", text);
  fflush(stdout);
  editor->shown = true;
}

void cle_history_add(cle_editor *editor, const char *line) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, line);
}

bool cle_history_load(cle_editor *editor, const char *path) {
  HistEvent event;
  return history(editor->history, &event, H_LOAD, path) >= 0;
}

bool cle_history_save(cle_editor *editor, const char *path) {
  // Beside it, then in its place: a session that ends midway leaves the old history.
  size_t size = strlen(path) + 32;
  char *temporary = malloc(size);
  if (temporary == NULL) return false;
  snprintf(temporary, size, "%s.%ld.part", path, (long)getpid());
  mode_t before = umask(077);
  HistEvent event;
  bool saved = history(editor->history, &event, H_SAVE, temporary) >= 0;
  umask(before);
  if (saved) saved = rename(temporary, path) == 0;
  if (!saved) unlink(temporary);
  free(temporary);
  return saved;
}

int cle_columns(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}
