#pragma once

// Swift cannot call variadic C functions, so each shape of option has a wrapper here. libcurl's own type-checking macros
// would see only these wrappers' parameters.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
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

static inline CURLcode muster_easy_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_size(CURL *easy, CURLoption option, int64_t value) {
  return curl_easy_setopt(easy, option, (curl_off_t)value);
}

static inline CURLcode muster_easy_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode muster_easy_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

// The bytes are not copied: they must outlive the handle's use of them.
static inline CURLcode muster_easy_blob(CURL *easy, CURLoption option, void *bytes, size_t count) {
  struct curl_blob blob = {bytes, count, CURL_BLOB_NOCOPY};
  return curl_easy_setopt(easy, option, &blob);
}

typedef size_t (*muster_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*muster_ready_callback)(
    void *context, char *remote, char *local, int remote_port, int local_port);
typedef curl_socket_t (*muster_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*muster_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned);
typedef int (*muster_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLcode muster_easy_on_data(CURL *easy, CURLoption option, muster_data_callback callback) {
  return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode muster_easy_on_ready(CURL *easy, muster_ready_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode muster_easy_on_open(CURL *easy, muster_open_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline long muster_easy_info_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *muster_easy_private(CURL *easy) {
  char *value = NULL;
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline CURLMcode muster_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode muster_multi_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode muster_multi_on_socket(CURLM *multi, muster_socket_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

static inline CURLMcode muster_multi_on_timer(CURLM *multi, muster_timer_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

// The handle and result of the next finished transfer; NULL when there is none.
static inline CURL *muster_multi_next_done(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
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
