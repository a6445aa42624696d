#pragma once

// Swift cannot call variadic C functions, so each shape of option has a wrapper here. libcurl's own type-checking macros
// would see only these wrappers' parameters.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// libcurl is loaded when it is first used and not linked: with the thirty libraries that it brings along it was nearly
// half of the time of a command that only renders.
struct muster_library {
  CURLcode (*global_init)(long flags);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *easy);
  CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
  CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
  CURLM *(*multi_init)(void);
  CURLMcode (*multi_cleanup)(CURLM *multi);
  CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
  CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
  CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
  CURLMcode (*multi_assign)(CURLM *multi, curl_socket_t socket, void *assigned);
  CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t socket, int events, int *running);
  CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
  struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
  void (*slist_free_all)(struct curl_slist *list);
};

static inline int muster_library_load(struct muster_library *into) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_GLOBAL);
  if (!library) return 0;
#define MUSTER_LOAD(name) *(void **)&into->name = dlsym(library, "curl_" #name)
  MUSTER_LOAD(global_init);
  MUSTER_LOAD(easy_init);
  MUSTER_LOAD(easy_cleanup);
  MUSTER_LOAD(easy_setopt);
  MUSTER_LOAD(easy_getinfo);
  MUSTER_LOAD(multi_init);
  MUSTER_LOAD(multi_cleanup);
  MUSTER_LOAD(multi_setopt);
  MUSTER_LOAD(multi_add_handle);
  MUSTER_LOAD(multi_remove_handle);
  MUSTER_LOAD(multi_assign);
  MUSTER_LOAD(multi_socket_action);
  MUSTER_LOAD(multi_info_read);
  MUSTER_LOAD(slist_append);
  MUSTER_LOAD(slist_free_all);
#undef MUSTER_LOAD
  return 1;
}

// Two threads that come here first both write the same.
static inline const struct muster_library *muster_library(void) {
  static struct muster_library loaded;
  static int is_loaded;
  if (!__atomic_load_n(&is_loaded, __ATOMIC_ACQUIRE) && muster_library_load(&loaded)) {
    __atomic_store_n(&is_loaded, 1, __ATOMIC_RELEASE);
  }
  return &loaded;
}

// To be called, and to succeed, before anything else here is used.
static inline CURLcode muster_global_init(void) {
  const struct muster_library *library = muster_library();
  return library->global_init ? library->global_init(CURL_GLOBAL_ALL) : CURLE_FAILED_INIT;
}

static inline CURL *muster_easy_init(void) { return muster_library()->easy_init(); }
static inline void muster_easy_cleanup(CURL *easy) { muster_library()->easy_cleanup(easy); }
static inline CURLM *muster_multi_init(void) { return muster_library()->multi_init(); }
static inline void muster_multi_cleanup(CURLM *multi) { muster_library()->multi_cleanup(multi); }

static inline CURLMcode muster_multi_add(CURLM *multi, CURL *easy) {
  return muster_library()->multi_add_handle(multi, easy);
}

static inline void muster_multi_remove(CURLM *multi, CURL *easy) {
  muster_library()->multi_remove_handle(multi, easy);
}

static inline void muster_multi_assign(CURLM *multi, curl_socket_t socket, void *assigned) {
  muster_library()->multi_assign(multi, socket, assigned);
}

static inline void muster_multi_socket_action(CURLM *multi, curl_socket_t socket, int events, int *running) {
  muster_library()->multi_socket_action(multi, socket, events, running);
}

static inline struct curl_slist *muster_list_append(struct curl_slist *list, const char *text) {
  return muster_library()->slist_append(list, text);
}

static inline void muster_list_free(struct curl_slist *list) {
  if (list) muster_library()->slist_free_all(list);
}

static inline CURLcode muster_easy_long(CURL *easy, CURLoption option, long value) {
  return muster_library()->easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_size(CURL *easy, CURLoption option, int64_t value) {
  return muster_library()->easy_setopt(easy, option, (curl_off_t)value);
}

static inline CURLcode muster_easy_pointer(CURL *easy, CURLoption option, void *value) {
  return muster_library()->easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_text(CURL *easy, CURLoption option, const char *value) {
  return muster_library()->easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return muster_library()->easy_setopt(easy, option, value);
}

// The bytes are not copied: they must outlive the handle's use of them.
static inline CURLcode muster_easy_blob(CURL *easy, CURLoption option, void *bytes, size_t count) {
  struct curl_blob blob = {bytes, count, CURL_BLOB_NOCOPY};
  return muster_library()->easy_setopt(easy, option, &blob);
}

typedef size_t (*muster_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*muster_ready_callback)(
    void *context, char *remote, char *local, int remote_port, int local_port);
typedef curl_socket_t (*muster_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*muster_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned);
typedef int (*muster_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode muster_easy_on_data(CURL *easy, CURLoption option, muster_data_callback callback) {
  return muster_library()->easy_setopt(easy, option, callback);
}

static inline CURLcode muster_easy_on_ready(CURL *easy, muster_ready_callback callback) {
  return muster_library()->easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode muster_easy_on_open(CURL *easy, muster_open_callback callback) {
  return muster_library()->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline long muster_easy_info_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return muster_library()->easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *muster_easy_private(CURL *easy) {
  char *value = NULL;
  return muster_library()->easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline CURLMcode muster_multi_long(CURLM *multi, CURLMoption option, long value) {
  return muster_library()->multi_setopt(multi, option, value);
}

static inline CURLMcode muster_multi_pointer(CURLM *multi, CURLMoption option, void *value) {
  return muster_library()->multi_setopt(multi, option, value);
}

static inline CURLMcode muster_multi_on_socket(CURLM *multi, muster_socket_callback callback) {
  return muster_library()->multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

static inline CURLMcode muster_multi_on_timer(CURLM *multi, muster_timer_callback callback) {
  return muster_library()->multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

// The handle and result of the next finished transfer; NULL when there is none.
static inline CURL *muster_multi_next_done(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = muster_library()->multi_info_read(multi, &left)) != NULL) {
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
  return NULL;
}

// A socket that gives up when sent bytes stay unacknowledged: a connection that a middlebox forgot would otherwise be
// reused for a quarter of an hour.
static inline curl_socket_t muster_open_socket(struct curl_sockaddr *address, unsigned unacknowledged_ms) {
  int descriptor = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor >= 0 && address->socktype == SOCK_STREAM) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
  }
  return descriptor;
}

// The local port of a TCP socket; -1 for what is none.
static inline int muster_local_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -1;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return -1;
}

// epoll_event is packed, with a union: this is the plain shape of it.
struct muster_event {
  uint64_t tag;
  uint32_t events;
};

static inline int muster_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int muster_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t tag) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll, operation, descriptor, &event);
}

#define MUSTER_EVENTS 256

static inline int muster_epoll_wait(int epoll, struct muster_event *into, int milliseconds) {
  struct epoll_event events[MUSTER_EVENTS];
  int count = epoll_wait(epoll, events, MUSTER_EVENTS, milliseconds);
  for (int i = 0; i < count; i++) {
    into[i].tag = events[i].data.u64;
    into[i].events = events[i].events;
  }
  return count;
}

static inline int muster_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int muster_eventfd_signal(int descriptor) { return eventfd_write(descriptor, 1); }
static inline void muster_eventfd_clear(int descriptor) {
  eventfd_t value;
  (void)eventfd_read(descriptor, &value);
}
