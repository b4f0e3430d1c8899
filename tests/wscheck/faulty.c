/*
 * faulty - a WebSocket server with mistakes in it that can be switched on, one at a time
 *
 *     faulty --lesson 2 --port 0                       no mistake: it passes all checks of lesson 2
 *     faulty --lesson 2 --port 0 --fault no-frame      one mistake
 *     faulty --list                                    all of them
 *
 * A grader that has only seen good servers has not been tested. Each row of the table below is a
 * mistake that people make, the check that must find it, and the diagnosis that must come with it;
 * matrix.py goes through them.
 *
 * The server is one thread with poll(), so that a mistake shows in the same way in every run, also
 * those that in a server with threads are a matter of luck. It speaks all three lessons. Where a
 * mistake is made, fault("its name") stands in the code.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "frame.h"
#include "http.h"
#include "wire.h"

/* ------------------------------------------------------------------------------ the mistakes */

struct fault {
    const char *name;
    int lesson, row;               /* row: of the table of known mistakes; 0: none of them */
    const char *check, *diagnosis; /* who finds it, and what it says; "-": nothing */
};

static const struct fault faults[] = {
    /* the accept key */
    {"key-decoded", 1, 1, "accept-random", "accept-decoded-key"},
    {"key-with-cr", 1, 1, "accept-random", "accept-kept-cr"},
    {"key-with-space", 1, 1, "accept-random", "accept-kept-space"},
    {"key-with-nul", 1, 1, "accept-random", "accept-nul"},
    {"guid-first", 1, 1, "accept-random", "accept-guid-first"},
    {"no-guid", 1, 1, "accept-random", "accept-no-guid"},
    {"guid-lower", 1, 1, "accept-random", "accept-guid-lower"},
    {"key-lower", 1, 1, "accept-random", "accept-lower-key"},
    {"md5", 1, 1, "accept-random", "accept-md5"},
    {"sha256-cut", 1, 1, "accept-random", "accept-sha256"},
    {"hex-base64", 1, 2, "accept-random", "accept-hex-base64"},
    {"hex", 1, 2, "accept-random", "accept-hex"},
    {"strlen-digest", 1, 3, "accept-nul", "accept-strlen"},
    {"constant-accept", 1, 4, "accept-random", "accept-sample"},
    {"guid-typo", 1, 4, "accept-random", "accept-unknown"},
    {"no-padding", 1, 4, "accept-random", "accept-no-padding"},
    {"url-base64", 1, 4, "accept-plus-slash", "accept-url-base64"},
    /* the answer */
    {"no-blank-line", 1, 5, "send-101-status", "no-blank-line"},
    {"bare-lf", 1, 5, "send-101-status", "bare-lf"},
    {"old-protocol", 1, 5, "send-101-status", "old-protocol"},
    {"extra-crlf", 1, 6, "send-101-nothing-after", "extra-crlf"},
    {"text-after-101", 1, 6, "send-101-nothing-after", "text-after-101"},
    {"body-in-101", 1, 6, "send-101-no-length", "body-in-101"},
    {"connection-whole", 1, 7, "token-firefox", "connection-whole"},
    {"connection-case", 1, 7, "token-connection-case", "token-case"},
    {"token-elsewhere", 1, 7, "token-elsewhere", "token-elsewhere"},
    {"upgrade-whole", 1, 0, "token-upgrade-list", "upgrade-whole"},
    {"upgrade-any", 1, 0, "token-substring-upgrade", "not-checked"},
    {"connection-strstr", 1, 7, "token-substring", "token-substring"},
    {"connection-first-line", 1, 7, "token-two-lines", "token-first-line"},
    {"header-case", 1, 8, "header-lower-case", "header-case"},
    {"header-space", 1, 8, "header-no-space", "header-space"},
    {"header-trailing", 1, 8, "header-trailing-space", "accept-kept-trailing"},
    {"header-strstr", 1, 8, "header-decoy-longer", "accept-decoy"},
    {"header-order", 1, 8, "header-order", "header-order"},
    {"one-recv", 1, 9, "head-in-two", "one-recv"},
    {"head-piece-lost", 1, 9, "head-in-two", "head-piece-lost"},
    {"line-in-two-refused", 1, 0, "head-in-two", "request-refused"},
    {"end-only-at-end", 1, 9, "head-cut-before-lf", "end-only-at-end"},
    {"end-of-stream", 1, 0, "head-unfinished", "end-of-stream"},
    {"end-not-awaited", 1, 0, "head-unfinished", "end-not-awaited"},
    {"small-buffer", 1, 9, "head-1k", "small-buffer"},
    {"few-headers", 1, 0, "header-60", "few-headers"},
    {"unknown-refused", 1, 0, "header-elsewhere", "request-refused"},
    {"trailing-refused", 1, 8, "header-trailing-space", "header-trailing"},
    {"absolute-refused", 1, 0, "header-absolute", "request-refused"},
    {"comma-blank-only", 1, 7, "token-no-blank", "token-separators"},
    {"first-item-only", 1, 7, "token-firefox", "token-first-item"},
    {"extension-invented", 1, 11, "send-101-no-extension", "extension-invented"},
    {"page-without-key", 1, 0, "refuse-no-key", "-"},
    {"upgrade-not-told", 1, 0, "refuse-tells-version", "-"},
    {"extensions-echoed", 1, 11, "send-101-unknown-extension", "extension-echoed"},
    {"subprotocol-echoed", 1, 12, "send-101-unknown-subprotocol", "subprotocol-echoed"},
    {"subprotocol-invented", 1, 12, "send-101-no-subprotocol", "subprotocol-invented"},
    {"page-for-upgrade", 1, 13, "send-101-status", "upgrade-got-page"},
    {"key-fixed-place", 1, 0, "header-elsewhere", "key-fixed-place"},
    {"dies-of-silence", 1, 25, "listen-silent", "dies-of-silence"},
    {"ipv6-only", 1, 0, "listen-ipv4", "ipv6-only"},
    {"unavailable", 1, 0, "send-101-status", "-"},
    {"closes-silently", 1, 0, "refuse-no-key", "closed-without-answer"},
    {"stays-half-open", 1, 0, "-", "-"},
    {"post-taken", 1, 0, "refuse-post", "not-checked"},
    {"http10-taken", 1, 0, "refuse-http10", "not-checked"},
    {"no-upgrade-taken", 1, 0, "refuse-no-upgrade", "not-checked"},
    {"key-not-checked", 1, 0, "refuse-short-key", "not-checked"},
    {"version-not-checked", 1, 0, "refuse-version-12", "not-checked"},
    {"version-not-told", 1, 0, "refuse-tells-version", "version-not-told"},
    {"host-not-checked", 1, 0, "refuse-no-host", "not-checked"},
    {"target-not-checked", 1, 0, "refuse-fragment", "not-checked"},
    {"body-not-checked", 1, 0, "refuse-body", "not-checked"},
    {"extensions-not-checked", 1, 0, "refuse-bad-extensions", "not-checked"},
    {"allow-not-told", 1, 0, "refuse-tells-methods", "-"},
    {"origin-not-checked", 1, 0, "refuse-origin", "not-checked"},
    {"refusal-lost", 1, 0, "refuse-arrives", "refusal-lost"},
    {"no-deadline", 1, 0, "head-408", "no-deadline"},
    {"deadline-put-off", 1, 0, "head-408-drip", "no-deadline"},
    {"endless-head", 1, 0, "head-endless-line", "endless-head"},
    {"dies-of-reset", 1, 25, "listen-after-reset", "sigpipe"},
    {"ipv4-only", 1, 25, "listen-ipv6", "ipv4-only"},
    {"taken-port-kept", 1, 0, "listen-taken", "taken-port"},
    {"no-reuseaddr", 1, 0, "listen-again", "no-reuseaddr"},
    {"port-ignored", 1, 0, "listen-again", "-"},
    {"bad-exit", 1, 0, "listen-sigterm", "bad-exit"},
    /* the conversation */
    {"goodbye-at-once", 2, 0, "loop-stays", "no-loop"},
    {"greets", 2, 0, "loop-stays", "greeting"},
    {"frames-ignored", 2, 0, "decode-answers", "-"},
    {"all-refused", 2, 0, "decode-answers", "frame-refused"},
    {"json-only", 2, 0, "decode-answers", "-"},
    {"json-error", 2, 0, "encode-hello", "other-message"},
    {"text-only", 2, 0, "encode-binary", "-"},
    {"early-left", 2, 10, "decode-early", "early-left"},
    {"one-byte-lost", 2, 19, "decode-early-byte", "partial-frame"},
    {"resets-after-close", 2, 0, "-", "-"},
    {"first-message-only", 2, 0, "loop-ten", "no-loop"},
    {"silence-ends", 2, 0, "loop-silent", "silence-ends"},
    {"silence-said", 2, 0, "loop-silent", "silence-ends"},
    {"pings-at-once", 2, 0, "-", "-"},
    {"pongs-unasked", 2, 0, "-", "-"},
    {"relays-fragments", 2, 0, "-", "-"},
    {"pings-in-silence", 2, 0, "decode-answers", "-"},
    {"pings-only", 2, 0, "pong-empty", "ping-ignored"},
    {"pongs-only", 2, 0, "pong-payload", "ping-ignored"},
    /* frames that are sent */
    {"early-bytes-lost", 2, 10, "decode-early", "early-bytes"},
    {"no-frame", 2, 14, "encode-hello", "no-frame"},
    {"server-masks", 2, 15, "encode-hello", "server-masks"},
    {"fin-missing", 2, 21, "encode-hello", "fin-missing"},
    {"length-125", 2, 18, "encode-125", "length-125"},
    {"length-65535", 2, 18, "encode-65535", "length-65535"},
    {"length-signed", 2, 18, "encode-128", "length-signed"},
    {"length-byte-order", 2, 18, "encode-126", "length-byte-order"},
    {"length-16-bits", 2, 18, "encode-65536", "length-16-bits"},
    {"length-halves", 2, 18, "encode-65536", "length-halves"},
    {"length-32-bits", 2, 18, "encode-65536", "length-32-bits"},
    {"length-one-byte", 2, 18, "encode-126", "length-no-extension"},
    {"length-always-64", 2, 18, "encode-126", "length-not-minimal"},
    {"strlen-payload", 2, 20, "encode-nul", "strlen"},
    {"one-byte-less", 2, 0, "encode-hello", "other-message"},
    {"mask-bit-alone", 2, 15, "encode-hello", "mask-bit-alone"},
    {"length-of-characters", 2, 18, "encode-utf8", "length-of-characters"},
    {"length-low-byte", 2, 18, "encode-1000", "length-one-byte"},
    {"payload-with-nul", 2, 20, "encode-hello", "with-nul"},
    {"text-for-binary", 2, 20, "encode-binary", "text-for-binary"},
    {"binary-for-text", 2, 20, "encode-hello", "binary-for-text"},
    /* frames that are read */
    {"length-read-swapped", 2, 18, "decode-length-300", "length-read-wrong"},
    {"length-read-signed-char", 2, 18, "decode-length-128", "length-read-signed"},
    {"length-read-in-32-bits", 2, 18, "decode-length-4g", "length-in-32-bits"},
    {"length-read-signed-short", 2, 18, "decode-length-32768", "length-read-signed"},
    {"refuses-126", 2, 18, "decode-length-126", "length-least-refused"},
    {"refuses-65536", 2, 18, "decode-length-65536", "length-least-refused"},
    {"reads-4096-only", 2, 19, "decode-length-32768", "payload-not-all"},
    {"empty-is-the-end", 2, 0, "decode-length-0", "empty-read"},
    {"length-not-cut", 2, 16, "decode-answers", "length-not-cut"},
    {"not-unmasked", 2, 16, "unmask-sample", "not-unmasked"},
    {"mask-restarts", 2, 17, "unmask-cut-1", "mask-restarts"},
    {"mask-one-byte", 2, 17, "unmask-sample", "mask-one-byte"},
    {"mask-four-only", 2, 17, "unmask-sample", "mask-four-only"},
    {"mask-tail", 2, 17, "unmask-sample", "mask-tail"},
    {"mask-runs-on", 2, 17, "unmask-lengths", "mask-shifted"},
    {"mask-over-fragments", 2, 17, "fragment-masks", "mask-goes-on"},
    {"mask-too-far", 2, 17, "unmask-beside", "mask-too-far"},
    {"second-refused", 2, 0, "unmask-beside", "-"},
    {"mask-kept", 2, 17, "unmask-second-frame", "mask-of-first-frame"},
    {"one-frame-a-read", 2, 19, "decode-two-in-one", "one-frame-a-read"},
    {"second-left", 2, 0, "decode-two-in-one", "second-left"},
    {"partial-frame-lost", 2, 19, "decode-byte-by-byte", "partial-frame"},
    {"last-piece-only", 2, 19, "decode-cut-9", "fragment-lost"},
    {"fragments-refused", 2, 21, "fragment-taken", "fragments-refused"},
    {"fragment-alone", 2, 21, "fragment-two", "fragment-alone"},
    {"fragment-lost", 2, 21, "fragment-two", "fragment-lost"},
    {"opcode-of-fragment", 2, 21, "fragment-two", "opcode-of-fragment"},
    {"ping-ends-message", 2, 21, "fragment-ping", "ping-ends-message"},
    {"ping-between-ignored", 2, 0, "fragment-ping", "-"},
    {"pong-put-off", 2, 21, "fragment-ping-at-once", "pong-put-off"},
    {"ping-ignored", 2, 0, "pong-empty", "ping-ignored"},
    {"ping-as-words", 2, 0, "pong-binary", "ping-as-words"},
    {"ping-as-ping", 2, 0, "pong-empty", "ping-as-ping"},
    {"ping-as-text", 2, 0, "pong-empty", "ping-as-text"},
    {"pong-without-payload", 2, 0, "pong-payload", "pong-without-payload"},
    {"pong-strlen", 2, 20, "pong-binary", "strlen"},
    {"pong-without-fin", 2, 0, "pong-empty", "control-fin-missing"},
    {"pong-one-byte-less", 2, 0, "pong-payload", "-"},
    {"pong-answered", 2, 0, "pong-unasked", "pong-answered"},
    {"rsv-not-checked", 2, 0, "refuse-rsv1", "frame-not-checked"},
    {"opcode-not-checked", 2, 0, "refuse-opcode-3", "frame-not-checked"},
    {"mask-not-checked", 2, 0, "refuse-unmasked", "frame-not-checked"},
    {"long-ping-taken", 2, 0, "refuse-long-ping", "frame-not-checked"},
    {"ping-fragment-taken", 2, 0, "refuse-ping-fragment", "frame-not-checked"},
    {"stray-taken", 2, 21, "fragment-stray", "frame-not-checked"},
    {"new-message-taken", 2, 21, "fragment-new-inside", "frame-not-checked"},
    {"long-form-taken", 2, 0, "refuse-5-in-16", "frame-not-checked"},
    {"dies-of-high-bit", 2, 0, "refuse-high-bit", "-"},
    {"goes-on-after-fault", 2, 0, "refuse-rest", "goes-on-after-fault"},
    {"forgets-valid", 2, 0, "refuse-valid-first", "close-drops-answers"},
    {"faults-in-words", 2, 0, "refuse-rsv1", "-"},
    {"wrong-code", 2, 0, "refuse-code-1002", "close-code-missing"},
    {"no-reason", 2, 0, "refuse-reason-opcode", "no-reason"},
    {"reason-without-section", 2, 0, "refuse-reason-opcode", "-"},
    {"no-reason-for-text", 2, 0, "refuse-reason-utf8", "no-reason"},
    {"judges-late", 2, 0, "refuse-early-rsv", "waits-for-rest"},
    {"judges-text-late", 2, 0, "refuse-early-utf8", "waits-for-rest"},
    {"limit-64k", 2, 0, "decode-cut-64", "size-refused"},
    {"no-limit", 2, 0, "limit-over", "too-big-taken"},
    {"limit-cuts", 2, 0, "limit-just", "-"},
    {"refuses-fourth", 2, 0, "loop-ten", "frame-refused"},
    {"refuses-any-four", 2, 0, "utf8-not-in-binary", "frame-refused"},
    {"utf8-not-checked", 2, 0, "utf8-ff", "utf8-not-checked"},
    {"utf8-overlong-taken", 2, 0, "utf8-overlong-2", "utf8-not-checked"},
    {"utf8-surrogate-taken", 2, 0, "utf8-surrogate-low", "utf8-not-checked"},
    {"utf8-loose-second", 2, 0, "utf8-second-c3", "utf8-not-checked"},
    {"utf8-cut-taken", 2, 0, "utf8-cut-2", "utf8-not-checked"},
    {"utf8-three-bytes-only", 2, 0, "encode-utf8", "text-refused"},
    {"utf8-no-noncharacter", 2, 0, "utf8-good-3", "utf8-too-strict"},
    {"utf8-per-frame", 2, 0, "fragment-utf8", "utf8-per-frame"},
    {"utf8-whole-only", 2, 0, "fragment-bad-end", "utf8-not-checked"},
    {"utf8-in-binary", 2, 0, "utf8-not-in-binary", "utf8-in-binary"},
    {"replies-one-by-one", 2, 0, "decode-batch", "-"},
    /* close */
    {"close-ignored", 2, 22, "close-heard", "close-ignored"},
    {"close-not-awaited", 2, 0, "close-awaits-answer", "-"},
    {"time-runs-on", 2, 0, "fragment-own-time", "-"},
    {"unfinished-kept", 2, 0, "fragment-endless", "-"},
    {"close-unanswered", 2, 22, "close-1000", "close-unanswered"},
    {"close-as-message", 2, 0, "close-heard", "close-as-message"},
    {"close-swapped", 2, 22, "close-1000", "close-swapped"},
    {"close-1005", 2, 22, "close-empty", "close-1005"},
    {"close-echoes-1006", 2, 22, "close-body-1006", "close-1005"},
    {"close-echoes-reasons", 2, 22, "close-body-1006-reason", "close-1005"},
    {"close-without-code", 2, 22, "close-echo-1000", "close-empty"},
    {"close-always-1000", 2, 22, "close-echo-1001", "close-other-code"},
    {"close-not-unmasked", 2, 17, "close-cut-code", "close-not-unmasked"},
    {"close-3000-refused", 2, 22, "close-cut-code", "-"},
    {"close-reason-only", 2, 22, "close-cut-in-code", "-"},
    {"close-not-ended", 2, 22, "close-ends", "close-not-ended"},
    {"close-empty-ignored", 2, 22, "close-ends-empty", "close-ignored"},
    {"close-0-not-ended", 2, 22, "close-body-0", "close-not-ended"},
    {"close-fault-1008", 2, 22, "close-one-byte", "-"},
    {"answers-late-first", 2, 22, "close-then-text", "-"},
    {"half-open-kept", 2, 22, "close-half-open", "half-open-kept"},
    {"close-then-data", 2, 22, "close-then-text", "close-then-data"},
    {"close-0-ignored", 2, 22, "close-body-0", "close-ignored"},
    {"close-code-not-checked", 2, 22, "close-code-999", "frame-not-checked"},
    {"dies-of-short-close", 2, 22, "close-body-1", "-"},
    {"close-reason-cut", 2, 22, "close-reason-longest", "close-no-room"},
    {"close-reason-refused", 2, 22, "close-reason-longest", "close-no-room"},
    {"dies-of-long-close", 2, 22, "close-reason-longest", "-"},
    {"dies-of-sigpipe", 2, 25, "close-reset-flood", "sigpipe"},
    /* many clients */
    {"one-at-a-time", 2, 23, "threads-two", "one-at-a-time"},
    {"shared-key", 2, 23, "threads-two", "shared-state"},
    {"eight-places", 2, 23, "threads-20", "few-places"},
    {"shared-variable", 2, 23, "threads-20", "shared-variable"},
    {"answers-to-newest", 2, 23, "threads-own-text", "shared-state"},
    {"shared-pong", 2, 23, "threads-own-pong", "shared-state"},
    {"shared-payload", 2, 23, "threads-own-half", "shared-state"},
    {"send-cut", 2, 0, "threads-late-reader", "send-cut"},
    {"waits-for-long", 2, 0, "threads-beside-long", "one-at-a-time"},
    {"waits-for-reader", 2, 0, "threads-beside-slow", "one-at-a-time"},
    {"second-gets-words", 2, 0, "threads-many", "-"},
    {"places-not-freed", 2, 23, "threads-many", "no-room"},
    {"descriptors-kept", 2, 23, "threads-many", "no-room"},
    {"no-places", 2, 0, "threads-full", "-"},
    /* the room */
    {"room-pings-at-once", 3, 0, "-", "-"},
    {"room-pongs-unasked", 3, 0, "-", "-"},
    {"room-fragments", 3, 0, "-", "-"},
    {"room-fragments-dropped", 3, 0, "leave-behind-all", "backlog-lost"},
    {"room-of-eight", 3, 0, "threads-20", "few-places"},
    {"room-one-recv", 3, 0, "join-after-head", "one-recv"},
    {"room-close-unanswered", 3, 0, "leave-close", "-"},
    {"echo-only", 3, 0, "broadcast-other", "not-broadcast"},
    {"newest-only", 3, 0, "broadcast-other", "not-in-list"},
    {"oldest-left-out", 3, 0, "broadcast-other", "not-in-list"},
    {"sender-left-out", 3, 0, "broadcast-self", "sender-left-out"},
    {"room-silent", 3, 0, "broadcast-self", "-"},
    {"room-answers-ok", 3, 0, "broadcast-self", "-"},
    {"others-get-ok", 3, 0, "broadcast-other", "-"},
    {"nobody-hears", 3, 0, "broadcast-other", "-"},
    {"room-echoes-fault", 3, 0, "broadcast-no-fault", "-"},
    {"status-without-numbers", 3, 0, "join-status", "-"},
    {"sent-twice", 3, 0, "broadcast-once", "sent-twice"},
    {"first-ten-only", 3, 0, "broadcast-20", "not-in-list"},
    {"room-text-only", 3, 20, "broadcast-binary", "text-for-binary"},
    {"ping-to-all", 3, 0, "broadcast-no-ping", "control-broadcast"},
    {"close-to-all", 3, 0, "broadcast-no-close", "control-broadcast"},
    {"fragments-to-all", 3, 21, "broadcast-fragments", "fragment-alone"},
    {"newest-first", 3, 0, "broadcast-order", "order-changed"},
    {"room-greets", 3, 0, "threads-one", "greeting"},
    {"said-before-checked", 3, 0, "broadcast-no-bad-text", "said-before-checked"},
    {"pong-direct", 3, 0, "writes-behind", "interleaved"},
    {"joined-too-late", 3, 24, "join-with-101", "joined-too-late"},
    {"joined-too-early", 3, 24, "join-after-101", "joined-too-early"},
    {"dies-of-leaving", 3, 25, "threads-two", "dies-of-leaving"},
    {"join-hangs", 3, 0, "head-answered", "not-let-in"},
    {"join-dies", 3, 0, "head-answered", "not-let-in"},
    {"leave-dies", 3, 0, "head-answered", "dies-of-leaving"},
    {"close-judged-early", 2, 0, "close-cut-code", "close-judged-early"},
    {"leavers-counted", 3, 0, "join-status", "-"},
    {"room-sigpipe", 3, 25, "leave-reset", "sigpipe"},
    {"fault-stops-all", 3, 0, "leave-fault", "one-bad-client-stops-all"},
    {"interleaved", 3, 24, "writes-large", "interleaved"},
    {"lost-meanwhile", 3, 24, "writes-small", "lost-meanwhile"},
    {"order-differs", 3, 24, "writes-one-order", "order-differs"},
    {"last-words-lost", 3, 0, "leave-last-words", "last-words-lost"},
    {"own-words-lost", 3, 0, "leave-own-words", "last-words-lost"},
    {"backlog-cut", 3, 24, "leave-behind", "backlog-lost"},
    {"backlog-dropped", 3, 24, "leave-behind-all", "backlog-lost"},
    {"data-after-close", 3, 24, "writes-close", "close-then-data"},
    {"blocking-send", 3, 24, "slow-others", "slow-stops-all"},
    {"slow-drops", 3, 24, "slow-catches-up-more", "slow-drops"},
    {"rest-not-sent", 3, 0, "slow-catches-up-more", "rest-not-sent"},
    {"rest-thrown-away", 3, 0, "slow-catches-up-more", "rest-not-sent"},
    {"never-evicted", 3, 24, "slow-evicted", "never-evicted"},
    {"no-ping", 3, 0, "keepalive-ping", "no-ping"},
    {"pong-not-counted", 3, 0, "keepalive-pong", "pong-not-counted"},
    {"silent-kept", 3, 0, "keepalive-silent", "silent-kept"},
    {"no-goodbye", 3, 0, "stop-1001", "no-goodbye"},
    {"stop-hurries", 3, 0, "stop-behind", "no-goodbye"},
    {"stop-waits", 3, 0, "stop-unanswered", "does-not-stop"},
    {"stop-bad-exit", 3, 0, "stop-empty", "bad-exit"},
};

#define FAULTS (sizeof faults / sizeof *faults)

static const struct fault *chosen; /* NULL: none */

static bool fault(const char *name)
{
    return chosen != NULL && strcmp(chosen->name, name) == 0;
}

/* For several faults that differ in what they do in one place. */
static const char *fault_name(void)
{
    return chosen != NULL ? chosen->name : "";
}

/* ------------------------------------------------------------------------------- the clients */

#define HEAD_MAX    8192
#define CLIENTS_MAX 512
#define JUDGED_EARLY                                                                               \
    65536 /* bytes: more of a text is looked at when it is whole, and not with each read */
#define MUCH_WAITS (1 << 20) /* bytes: see "rest-thrown-away" */
#define LINGER     5000      /* ms: how long a finished connection is read empty */
#define GOODBYE    1500      /* ms: how long answers to 1001 are waited for */
#define PINGING    200       /* ms: between the pings of "pings-in-silence" */

enum state { IN_HEAD, OPEN, LINGERING };

struct client {
    int fd;
    enum state state;
    bool failed; /* to be closed without more ado */
    bool doomed; /* to be finished when what has come is done: see "goes-on-after-fault" */
    bool orphan; /* nobody reads it */
    bool was_in; /* it got a 101: see "leave-dies" */
    struct bytes in, out;
    struct bytes late;    /* second halves of frames: see "interleaved" */
    struct bytes message; /* the fragments so far */
    struct bytes pongs;   /* see "pong-put-off" */
    unsigned opcode;      /* of the message under way; 0: none */
    int64_t begun;        /* when its first fragment came */
    bool close_sent, ping_sent;
    int64_t pinged;    /* see "pings-in-silence" */
    bool has_spoken;   /* see "joined-too-late" */
    bool has_rest;     /* see "rest-not-sent" */
    bool was_cut;      /* see "rest-thrown-away" */
    int64_t since;     /* when the head began, when something came last, or when it was finished */
    uint64_t unmasked; /* bytes, of all frames: see "mask-runs-on" */
    unsigned char kept_mask[4]; /* see "mask-kept" */
    bool has_kept_mask;
    size_t cut;         /* where in a frame's payload the last read ended: see "mask-restarts" */
    bool is_leaving;    /* a Close frame stands behind the frame at hand: see "last-words-lost" */
    bool awaits_much;   /* the rest of a long frame: see "waits-for-long" */
    struct bytes sizes; /* of the frames in `out`, in 4 bytes each: see "backlog-dropped" */
};

static struct client *clients[CLIENTS_MAX];
static size_t client_count;

static int lesson = 2;
static int64_t head_timeout = 120000, ping_interval = 20000;
static size_t max_message = 1 << 24, max_clients = 400, max_backlog = 4 << 20;
static unsigned long served, evicted;
static volatile sig_atomic_t stopping;

static void client_free(struct client *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (c->failed)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (fault("descriptors-kept"))
        shutdown(c->fd, SHUT_RDWR);
    else
        close(c->fd);
    bytes_free(&c->in);
    bytes_free(&c->out);
    bytes_free(&c->late);
    bytes_free(&c->message);
    bytes_free(&c->pongs);
    bytes_free(&c->sizes);
    free(c);
}

static size_t joined; /* since the beginning: see "leavers-counted" */

static size_t open_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < client_count; i++)
        count += clients[i]->state == OPEN;
    return count;
}

/* Gives the first bytes of a row up. */
static void drop(struct bytes *b, size_t len)
{
    memmove(b->at, b->at + len, b->len - len);
    b->len -= len;
}

/* ----------------------------------------------------------------------------------- sending */

/* The mistakes in a length. */
static void add_header(struct bytes *out, unsigned first, const unsigned char *mask, size_t len)
{
    size_t form = frame_length_form(len);
    if ((fault("length-125") && len == 125) || (fault("length-always-64") && len > 125))
        form = len == 125 ? LENGTH_16 : LENGTH_64;
    if (fault("length-65535") && len == 65535)
        form = LENGTH_64;
    if (fault("length-16-bits") && len > 65535)
        form = LENGTH_16;
    size_t at = out->len;
    frame_add_header(out, first, mask, len, form);
    if (fault("length-byte-order") && form == LENGTH_16) {
        unsigned char high = out->at[at + 2];
        out->at[at + 2] = out->at[at + 3];
        out->at[at + 3] = high;
    }
    if (fault("length-signed") && len >= 128 && len <= 255)
        out->at[at + 2] = 0xFF;
    if (fault("length-one-byte") && len > 125 && len < 256) {
        out->at[at + 1] = (unsigned char)len;
        out->len = at + 2;
    }
    if (fault("length-low-byte") && len > 300) {
        out->at[at + 1] = (unsigned char)len;
        out->len = at + 2;
    }
    if (fault("length-halves") && form == LENGTH_64) {
        out->len = at + 2;
        bytes_add_number(out, len, 4);
        bytes_add_number(out, len >> 32, 4);
    }
    if (fault("length-32-bits") && len > 65535) {
        out->len = at + 2;
        bytes_add_number(out, len, 4);
    }
}

/* A frame of the server, as it should be but for the mistake. */
static void add_frame(struct bytes *out, unsigned opcode, const unsigned char *payload, size_t len)
{
    static const unsigned char mask[4] = {1, 2, 3, 4};
    bool is_data = opcode == TEXT || opcode == BINARY;
    unsigned first = (is_data && fault("fin-missing") ? 0u : FIN) | opcode;
    if (is_data && fault("strlen-payload"))
        len = memchr(payload, 0, len) != NULL ? strlen((const char *)payload) : len;
    if (opcode == BINARY && (fault("text-for-binary") || fault("room-text-only")))
        first = FIN | TEXT;
    if (opcode == TEXT && fault("binary-for-text"))
        first = FIN | BINARY;
    if (is_data && fault("no-frame")) {
        bytes_add(out, payload, len);
        return;
    }
    if (is_data && fault("server-masks")) {
        frame_add(out, first, mask, payload, len);
        return;
    }
    if (is_data && len > 0 && fault("one-byte-less"))
        len--;
    bool nul = is_data && fault("payload-with-nul");
    add_header(out, first, NOT_MASKED, len + nul);
    for (size_t i = 0; i < len && opcode == TEXT && fault("length-of-characters"); i++)
        if ((payload[i] & 0xC0) == 0x80)
            out->at[out->len - 1]--;
    if (is_data && fault("mask-bit-alone"))
        out->at[out->len - 1] |= 0x80;
    bytes_add(out, payload, len);
    bytes_add(out, "", nul);
}

static void send_blocking(struct client *c);
static void flush_client(struct client *c);

/* What any server may say at any time (RFC 6455 §5.5.2, §5.5.3), and a grader must not mind. */
static bool pings_at_once(void)
{
    return fault("pings-at-once") || fault("room-pings-at-once") || fault("pings-only");
}

static bool pongs_unasked(void)
{
    return fault("pongs-unasked") || fault("room-pongs-unasked") || fault("pongs-only");
}

static void queue(struct client *c, const struct bytes *frame)
{
    bool is_data = (frame->at[0] & 0x0F) < CLOSE;
    if (c->failed || (c->state != OPEN && !(fault("joined-too-early") && c->state == IN_HEAD)))
        return;
    if (pongs_unasked() && c->state == OPEN && !c->close_sent)
        bytes_add(&c->out, "\x8a\x00\x8a\x04here", 8);
    if (c->close_sent && !(fault("data-after-close") || fault("close-then-data") || c->doomed))
        return;
    if (fault("slow-drops") && is_data) {
        flush_client(c);
        if (c->out.len > 0)
            return;
    }
    if (lesson == 3 && c->out.len + frame->len > max_backlog && !fault("never-evicted")) {
        c->failed = true;
        evicted++;
        return;
    }
    bytes_add(&c->out, frame->at, frame->len);
    bytes_add_number(&c->sizes, frame->len, 4);
    c->has_rest = false;
    if (fault("blocking-send") || fault("waits-for-reader"))
        send_blocking(c);
    if (fault("replies-one-by-one")) {
        struct timespec while_reader_wakes = {0, 300000};
        flush_client(c);
        nanosleep(&while_reader_wakes, NULL);
    }
}

static void send_frame(struct client *c, unsigned opcode, const unsigned char *payload, size_t len)
{
    struct bytes frame = {0};
    add_frame(&frame, opcode, payload, len);
    if (frame.len > 0)
        queue(c, &frame);
    bytes_free(&frame);
}

/* Of the frames in `out`, how many bytes stand behind the first, which may be half sent. Forgets the
 * sizes of those that have been sent. */
static size_t bytes_behind_first(struct client *c)
{
    size_t behind = 0, count = c->sizes.len / 4;
    while (count > 0) {
        const unsigned char *n = c->sizes.at + 4 * (count - 1);
        size_t size = (size_t)n[0] << 24 | (size_t)n[1] << 16 | (size_t)n[2] << 8 | n[3];
        if (behind + size >= c->out.len)
            break;
        behind += size;
        count--;
    }
    drop(&c->sizes, 4 * (count > 0 ? count - 1 : 0));
    return behind;
}

static void flush_client(struct client *c)
{
    if (c->was_cut)
        c->out.len = 0;
    while (c->out.len > 0 && !c->failed && !c->has_rest) {
        ssize_t n = send(c->fd, c->out.at, c->out.len, 0);
        if (fault("send-cut")) {
            c->out.len = 0;
            return;
        }
        if (n <= 0) {
            c->failed = errno != EAGAIN && errno != EWOULDBLOCK && !fault("dies-of-sigpipe");
            c->has_rest = fault("rest-not-sent");
            c->was_cut = fault("rest-thrown-away") && c->out.len > MUCH_WAITS;
            return;
        }
        drop(&c->out, (size_t)n);
    }
    if (c->out.len == 0)
        c->sizes.len = 0;
}

static void send_blocking(struct client *c)
{
    while (c->out.len > 0 && !c->failed && !stopping) {
        struct pollfd one = {c->fd, POLLOUT, 0};
        flush_client(c);
        if (c->out.len > 0)
            poll(&one, 1, 1000);
    }
}

/* Nothing more will be sent; what still comes is read, so that what was sent arrives. */
static void finish(struct client *c)
{
    if (fault("refusal-lost"))
        flush_client(c);
    c->state = LINGERING;
    c->since = wire_now();
    if (fault("refusal-lost")) {
        close(c->fd); /* with bytes unread: the connection is reset */
        c->fd = open("/dev/null", O_RDWR);
        c->failed = true;
    }
}

/* ------------------------------------------------------------------------------------- close */

static void send_close(struct client *c, unsigned code, const char *reason)
{
    struct bytes body = {0};
    bool by_fault = *reason != '\0';
    if (c->close_sent)
        return;
    if (by_fault && code == 1002 && fault("wrong-code"))
        code = 1000;
    if (fault("close-swapped"))
        code = (code >> 8 | code << 8) & 0xFFFF;
    if (code != 0)
        bytes_add_number(&body, code, 2);
    if (by_fault && fault("reason-without-section"))
        bytes_add_text(&body, "坏了: no such opcode");
    else if (by_fault && !fault("no-reason") && !(code == 1007 && fault("no-reason-for-text")))
        bytes_add_text(&body, reason);
    if (!by_fault && fault("close-without-code"))
        body.len = 0;
    send_frame(c, CLOSE, body.at, body.len);
    bytes_free(&body);
    c->close_sent = true;
}

/* A rule is broken: Close frame, and nothing after. */
static void fail_client(struct client *c, unsigned code, const char *reason)
{
    if (fault("forgets-valid"))
        c->out.len = 0;
    if (fault("fault-stops-all"))
        abort();
    if (fault("faults-in-words"))
        send_frame(c, TEXT, (const unsigned char *)"your fault", 10);
    send_close(c, code, reason);
    if (fault("resets-after-close")) {
        flush_client(c);
        c->failed = true;
    }
    if (fault("goes-on-after-fault"))
        c->doomed = true;
    else
        finish(c);
}

static void take_close(struct client *c, const unsigned char *body, size_t len);

/* -------------------------------------------------------------------------------- broadcast */

/* What has come in this round: for the mistakes that mix it up. */
struct said {
    struct client *by;
    struct bytes frame;
};
static struct said *round_said;
static size_t said_count;

static void remember_said(struct client *by, const struct bytes *frame)
{
    struct said *more = realloc(round_said, (said_count + 1) * sizeof *more);
    if (more == NULL)
        exit(1);
    round_said = more;
    round_said[said_count] = (struct said){.by = by};
    bytes_add(&round_said[said_count++].frame, frame->at, frame->len);
}

/* To a client that gets the second half of long frames late. */
static void queue_in_halves(struct client *c, const struct bytes *frame)
{
    struct bytes half = {.at = frame->at, .len = frame->len / 2};
    if (frame->len < 4000) {
        queue(c, frame);
        return;
    }
    queue(c, &half);
    bytes_add(&c->late, frame->at + half.len, frame->len - half.len);
}

/* Who has spoken first in this round: see "lost-meanwhile". */
static const struct client *first_speaker;

static void broadcast_frame(struct client *by, const struct bytes *frame)
{
    if (first_speaker == NULL)
        first_speaker = by;
    if ((fault("lost-meanwhile") && first_speaker != by) ||
        (fault("last-words-lost") && by->is_leaving))
        return;
    size_t limit = fault("first-ten-only") && client_count > 10 ? 10 : client_count;
    for (size_t i = 0; i < limit; i++) {
        struct client *c = clients[i];
        if ((fault("echo-only") && c != by) || fault("room-silent") ||
            (fault("nobody-hears") && client_count > 1))
            continue;
        if (fault("room-answers-ok") || (fault("others-get-ok") && c != by)) {
            send_frame(c, TEXT, (const unsigned char *)"ok", 2);
            continue;
        }
        if (fault("sender-left-out") && c == by)
            continue;
        if ((fault("newest-only") && i + 1 < limit) ||
            (fault("oldest-left-out") && i == 0 && limit > 1))
            continue;
        if (fault("joined-too-late") && !c->has_spoken)
            continue;
        if (fault("own-words-lost") && c == by && by->is_leaving)
            continue;
        if (fault("interleaved"))
            queue_in_halves(c, frame);
        else
            queue(c, frame);
    }
    if (fault("sent-twice"))
        queue(by, frame);
}

/* To all, in fragments, and a ping between: a room may do so (RFC 6455 §5.4). */
static void broadcast_fragments(struct client *by, unsigned opcode, const unsigned char *at,
                                size_t len)
{
    size_t piece = len > 4000 ? len / 3 : 7;
    struct bytes frame = {0};
    for (; len > piece; at += piece, len -= piece, opcode = CONTINUATION) {
        frame.len = 0;
        frame_add(&frame, opcode, NOT_MASKED, at, piece);
        frame_add(&frame, FIN | PING, NOT_MASKED, "between", 7);
        broadcast_frame(by, &frame);
    }
    frame.len = 0;
    frame_add(&frame, FIN | opcode, NOT_MASKED, at, len);
    broadcast_frame(by, &frame);
    bytes_free(&frame);
}

/* Delivers to one client what one other has said. */
static void deliver_of(struct client *to, const struct client *by)
{
    for (size_t k = 0; k < said_count; k++)
        if (round_said[k].by == by)
            queue(to, &round_said[k].frame);
}

/* Delivers what was said in this round, in an order of each client's own. */
static void deliver_in_disorder(void)
{
    for (size_t i = 0; i < client_count; i++) {
        for (size_t k = 0; k < said_count && fault("newest-first"); k++)
            queue(clients[i], &round_said[said_count - 1 - k].frame);
        for (size_t s = 0; s < client_count && fault("order-differs"); s++)
            deliver_of(clients[i], clients[i % 2 == 1 ? client_count - 1 - s : s]);
    }
    for (size_t k = 0; k < said_count; k++)
        bytes_free(&round_said[k].frame);
    said_count = 0;
}

static void deliver_late_halves(void)
{
    for (size_t i = 0; i < client_count; i++) {
        if (clients[i]->late.len > 0)
            queue(clients[i], &clients[i]->late);
        clients[i]->late.len = 0;
    }
}

/* A message is whole. */
static void take_message(struct client *c, unsigned opcode, const unsigned char *at, size_t len)
{
    struct bytes frame = {0};
    if (fault("opcode-of-fragment") && c->message.len > 0)
        opcode = CONTINUATION;
    if (fault("frames-ignored") || fault("pings-in-silence") ||
        (fault("json-only") && (len == 0 || at[0] != '{')))
        return;
    if (fault("json-error") && (len == 0 || at[0] != '{')) {
        at = (const unsigned char *)"{\"error\":\"no JSON\"}";
        len = strlen((const char *)at);
    }
    if (fault("limit-cuts") && len == max_message)
        len = 999;
    if ((fault("refuses-fourth") && len == 4) ||
        (fault("refuses-any-four") && opcode == BINARY && len == 4)) {
        fail_client(c, 1002, "four (RFC 6455 5.2)");
        return;
    }
    if (fault("text-only") && opcode == BINARY) {
        fail_client(c, 1003, "text only (RFC 6455 7.4.1)");
        return;
    }
    add_frame(&frame, opcode, at, len);
    served++;
    if (frame.len == 0)
        ;
    else if (lesson == 2)
        queue(fault("answers-to-newest") ? clients[client_count - 1] : c, &frame);
    else if (lesson == 3 && (fault("newest-first") || fault("order-differs")))
        remember_said(c, &frame);
    else if (fault("room-fragments") || fault("room-fragments-dropped"))
        broadcast_fragments(c, opcode, at, len);
    else if (lesson == 3)
        broadcast_frame(c, &frame);
    if (fault("first-message-only")) {
        send_close(c, 1000, "");
        finish(c);
    }
    bytes_free(&frame);
}

/* ------------------------------------------------------------------------------------- UTF-8 */

enum utf8 { UTF8_GOOD, UTF8_UNFINISHED, UTF8_BAD };

/* RFC 3629 §4: how many bytes follow the first, and what the second may be. */
static int utf8_follow(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (fault("utf8-overlong-taken"))
        *low = 0x80;
    if (fault("utf8-surrogate-taken"))
        *high = 0xBF;
    if (first >= (fault("utf8-overlong-taken") ? 0xC0 : 0xC2) && first <= 0xDF)
        return 1;
    if (first >= 0xE0 && first <= 0xEF)
        return 2;
    if (first >= 0xF0 && first <= 0xF4 && !fault("utf8-three-bytes-only"))
        return 3;
    return -1;
}

static enum utf8 utf8_check(const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char low, high;
        if (at[i] <
            0x80) { /* soon said: what has come of a text is looked at again with each read */
            i++;
            continue;
        }
        int follow = utf8_follow(at[i], &low, &high);
        if (follow < 0)
            return UTF8_BAD;
        if (fault("utf8-no-noncharacter") && len - i >= 3 && memcmp(at + i, "\xef\xbf\xbf", 3) == 0)
            return UTF8_BAD;
        for (i++; follow > 0; follow--, i++, low = 0x80, high = 0xBF) {
            if (i == len)
                return UTF8_UNFINISHED;
            if (fault("utf8-loose-second") && at[i] >= 0xC0)
                continue;
            if (at[i] < low || at[i] > high)
                return UTF8_BAD;
        }
    }
    return UTF8_GOOD;
}

static bool text_is_bad(const unsigned char *at, size_t len, bool whole)
{
    enum utf8 found = utf8_check(at, len);
    if (fault("utf8-not-checked"))
        return false;
    if (fault("utf8-cut-taken") && found == UTF8_UNFINISHED)
        return false;
    return found == UTF8_BAD || (whole && found == UTF8_UNFINISHED);
}

/* -------------------------------------------------------------------------------- frames read */

#define BAD_UTF8 "text is not UTF-8 (RFC 6455 8.1)"

/* What is wrong with the first bytes of a frame, if they show it; NULL: nothing so far. */
static const char *header_fault(const struct client *c, const unsigned char *at, size_t have)
{
    unsigned opcode = at[0] & 0x0F;
    if (at[0] & 0x70 && !fault("rsv-not-checked"))
        return "RSV bit (RFC 6455 5.2)";
    if ((opcode > PONG || (opcode > BINARY && opcode < CLOSE)) && !fault("opcode-not-checked") &&
        !fault("room-echoes-fault"))
        return "reserved opcode (RFC 6455 5.2)";
    if (frame_is_control(opcode) && !(at[0] & FIN) && !fault("ping-fragment-taken"))
        return "fragmented control frame (RFC 6455 5.5)";
    if (opcode == CONTINUATION && c->opcode == 0 && !fault("stray-taken"))
        return "continuation of nothing (RFC 6455 5.4)";
    if (opcode == CONTINUATION && fault("fragments-refused"))
        return "unexpected continuation (RFC 6455 5.4)";
    if ((opcode == TEXT || opcode == BINARY) && c->opcode != 0 && !fault("new-message-taken"))
        return "message within a message (RFC 6455 5.4)";
    if (have < 2)
        return NULL;
    if (!(at[1] & 0x80) && !fault("mask-not-checked"))
        return "frame not masked (RFC 6455 5.1)";
    if (frame_is_control(opcode) && (at[1] & 0x7F) > 125 && !fault("long-ping-taken"))
        return "control frame too long (RFC 6455 5.5)";
    return NULL;
}

/* What is wrong with a whole header: its Close code, or 0. */
static unsigned length_fault(const struct client *c, const struct frame *f)
{
    if (f->len >> 63)
        return 1002;
    if (f->form != frame_length_form(f->len) && !fault("long-form-taken"))
        return 1002;
    if ((fault("refuses-126") && f->len == 126) || (fault("refuses-65536") && f->len == 65536))
        return 1002;
    size_t most = fault("limit-64k") && max_message > 65536 ? 65536 : max_message;
    if (!frame_is_control(f->opcode) && f->len + c->message.len > most && !fault("no-limit"))
        return 1009;
    return 0;
}

/* Takes the mask off a copy of the payload. */
static void unmask(struct client *c, const unsigned char mask[4], unsigned char *at, size_t len)
{
    unsigned char key[4];
    memcpy(key, mask, 4);
    if (fault("mask-kept") && c->has_kept_mask)
        memcpy(key, c->kept_mask, 4);
    memcpy(c->kept_mask, mask, 4);
    c->has_kept_mask = true;
    for (size_t i = 0; i < len; i++) {
        size_t k = i;
        if (fault("mask-tail") && i >= len - len % 4)
            break;
        if (fault("not-unmasked") || (fault("mask-four-only") && i >= 4))
            break;
        if (fault("mask-restarts") && c->cut > 0 && i >= c->cut)
            k = i - c->cut;
        if (fault("mask-one-byte"))
            k = 0;
        if (fault("mask-runs-on"))
            k = c->unmasked + i;
        if (fault("mask-over-fragments"))
            k = c->message.len + i;
        at[i] ^= key[k % 4];
    }
    c->unmasked += len;
}

static void take_ping(struct client *c, const unsigned char *payload, size_t len)
{
    struct bytes frame = {0};
    if (fault("ping-ignored") || fault("pings-only") || fault("pongs-only") ||
        (fault("ping-between-ignored") && c->opcode != 0))
        return;
    if (fault("ping-as-words") && text_is_bad(payload, len, true)) {
        c->failed = true;
        return;
    }
    if (fault("pong-without-payload"))
        len = 0;
    if (fault("pong-strlen") && memchr(payload, 0, len) != NULL)
        len = strlen((const char *)payload);
    if (fault("pong-one-byte-less") && len > 0)
        len--;
    if (fault("ping-ends-message")) {
        c->message.len = 0;
    }
    add_frame(&frame,
              fault("ping-as-ping")   ? PING
              : fault("ping-as-text") ? TEXT
                                      : PONG,
              payload, len);
    if (fault("pong-without-fin"))
        frame.at[0] = PONG;
    for (size_t i = 0; i < client_count && fault("ping-to-all"); i++)
        if (clients[i] != c)
            queue(clients[i], &frame);
    if (fault("pong-direct") && c->out.len > 0) {
        bytes_add(&c->out, frame.at, frame.len);
        unsigned char *out = (unsigned char *)c->out.at;
        memmove(out + frame.len, out, c->out.len - frame.len);
        memcpy(out, frame.at, frame.len);
    } else if (fault("pong-put-off") && c->opcode != 0)
        bytes_add(&c->pongs, frame.at, frame.len);
    else
        queue(c, &frame);
    bytes_free(&frame);
}

/* Sends a fragment back as it comes: what RFC 6455 §5.4 invented fragments for. */
static void relay_fragment(struct client *c, unsigned first, const unsigned char *at, size_t len)
{
    struct bytes frame = {0};
    frame_add(&frame, first, NOT_MASKED, at, len);
    queue(c, &frame);
    bytes_free(&frame);
}

/* A data frame with its payload unmasked. */
static void take_data(struct client *c, const struct frame *f, const unsigned char *at, size_t len)
{
    bool first = f->opcode != CONTINUATION || fault("fragment-lost");
    unsigned opcode = f->opcode != CONTINUATION ? f->opcode : c->opcode;
    if (opcode == CONTINUATION)
        opcode = TEXT;
    if (fault("fragment-alone") || (fault("fragments-to-all") && !f->fin)) {
        take_message(c, opcode, at, len);
        c->opcode = f->fin ? 0 : opcode;
        return;
    }
    if (fault("last-piece-only") && c->cut > 0 && c->cut < len) {
        at += c->cut;
        len -= c->cut;
    }
    if (opcode == TEXT && fault("utf8-per-frame") && text_is_bad(at, len, true)) {
        fail_client(c, 1007, BAD_UTF8);
        return;
    }
    if (f->fin && f->opcode != CONTINUATION) { /* whole in one frame */
        if (fault("said-before-checked") && opcode == TEXT && text_is_bad(at, len, true))
            take_message(c, opcode, at, len);
        if (opcode == TEXT && text_is_bad(at, len, true))
            fail_client(c, 1007, BAD_UTF8);
        else if (opcode == BINARY && fault("utf8-in-binary") && text_is_bad(at, len, true))
            fail_client(c, 1007, BAD_UTF8);
        else
            take_message(c, opcode, at, len);
        c->opcode = 0;
        return;
    }
    if (first)
        c->message.len = 0;
    bytes_add(&c->message, at, len);
    bool is_begun = c->opcode != 0;
    c->opcode = opcode;
    if (c->begun == 0 || (first && !fault("time-runs-on")))
        c->begun = wire_now();
    bool is_checked = opcode == TEXT && !fault("utf8-whole-only");
    if (is_checked && text_is_bad(c->message.at, c->message.len, f->fin)) {
        fail_client(c, 1007, BAD_UTF8);
    } else if (fault("relays-fragments")) {
        relay_fragment(c, (f->fin ? FIN : 0) | (is_begun ? CONTINUATION : opcode), at, len);
        c->opcode = f->fin ? 0 : opcode;
        c->message.len = f->fin ? 0 : c->message.len;
    } else if (f->fin) {
        take_message(c, opcode, c->message.at, c->message.len);
        c->message.len = 0;
        c->opcode = 0;
        if (c->pongs.len > 0)
            queue(c, &c->pongs);
        c->pongs.len = 0;
    }
}

/* Where all clients' payloads lie until they are whole: see "shared-pong". */
static unsigned char shared[4096];

static bool is_shared(const struct frame *f)
{
    return (fault("shared-pong") && f->opcode == PING) ||
           (fault("shared-payload") && f->opcode == TEXT);
}

static void take_frame(struct client *c, const struct frame *f, unsigned char *at)
{
    size_t len = (size_t)f->len;
    if (is_shared(f) && c->cut < sizeof shared)
        memcpy(at, shared, c->cut);
    if (f->masked && !(f->opcode == CLOSE && fault("close-not-unmasked")))
        unmask(c, at - 4, at, len);
    switch (f->opcode) {
    case PING: take_ping(c, at, len); break;
    case PONG:
        if (fault("pong-answered"))
            send_frame(c, PONG, at, len);
        break;
    case CLOSE: take_close(c, at, len); break;
    case TEXT:
    case BINARY:
    case CONTINUATION: take_data(c, f, at, len); break;
    default: take_data(c, &(struct frame){.fin = true, .opcode = TEXT}, at, len);
    }
}

static void take_close(struct client *c, const unsigned char *body, size_t len)
{
    unsigned code = len >= 2 ? (unsigned)(body[0] << 8 | body[1]) : 0;
    bool may_travel =
        code == 0 || frame_close_code_may_travel(code) || fault("close-code-not-checked") ||
        (fault("close-echoes-1006") && code == 1006) || (fault("close-echoes-reasons") && len > 2);
    if (fault("close-as-message")) {
        send_frame(c, TEXT, body, len);
        return;
    }
    if (fault("close-reason-only") && len >= 2) {
        send_frame(c, CLOSE, body + 2, len - 2);
        finish(c);
        return;
    }
    if (fault("close-3000-refused") && code >= 3000)
        may_travel = false;
    if (fault("answers-late-first") && c->in.len > len + 6)
        send_frame(c, TEXT, (const unsigned char *)"late", 4);
    if (fault("close-ignored") || (fault("close-empty-ignored") && len == 0) ||
        (fault("close-0-ignored") && len >= 2 && code == 0))
        return;
    if (fault("backlog-cut"))
        c->out.len = 0;
    if (fault("backlog-dropped") || fault("room-fragments-dropped"))
        c->out.len -= bytes_behind_first(c);
    if (fault("close-unanswered") || fault("room-close-unanswered")) {
        finish(c);
        return;
    }
    if ((len == 1 && fault("dies-of-short-close")) || (len > 100 && fault("dies-of-long-close")))
        abort();
    if (len > 100 && fault("close-reason-refused")) {
        fail_client(c, 1002, "Close too long (RFC 6455 5.5)");
        return;
    }
    if (fault("close-reason-cut") && may_travel && len > 2 &&
        !text_is_bad(body + 2, len - 2, true)) {
        send_frame(c, CLOSE, body, len < 64 ? len : 64);
        c->close_sent = true;
    }
    if (len == 1 && fault("close-fault-1008"))
        fail_client(c, 1008, "a body of one byte (RFC 6455 5.5.1)");
    else if (fault("close-0-not-ended") && len >= 2 && code == 0)
        send_close(c, 1002, "no code (RFC 6455 7.4)");
    else if (len == 1 || (len >= 2 && code == 0 && !fault("close-code-not-checked")))
        fail_client(c, 1002, "Close without a code (RFC 6455 5.5.1)");
    else if (!may_travel)
        fail_client(c, 1002, "code that may not be sent (RFC 6455 7.4)");
    else if (len > 2 && text_is_bad(body + 2, len - 2, true))
        fail_client(c, 1007, "reason is not UTF-8 (RFC 6455 5.5.1)");
    else
        send_close(c,
                   fault("close-always-1000")         ? 1000
                   : code == 0 && fault("close-1005") ? 1005
                                                      : code,
                   "");
    for (size_t i = 0; i < client_count && fault("close-to-all"); i++)
        if (clients[i] != c)
            send_close(clients[i], 1000, "");
    if (!fault("close-not-ended") && !(fault("close-0-not-ended") && code == 0) &&
        !fault("close-then-data") && !fault("data-after-close"))
        finish(c);
}

/* A frame whose end has not come: is what there is of it good? */
static void judge_unfinished(struct client *c, const struct frame *f)
{
    struct bytes copy = {0};
    size_t have = c->in.len - f->head_len;
    unsigned opcode = f->opcode != CONTINUATION ? f->opcode : c->opcode;
    if (opcode != TEXT || have > JUDGED_EARLY || fault("judges-late") ||
        fault("judges-text-late") || fault("utf8-not-checked") || !f->masked)
        return;
    if (f->opcode == CONTINUATION)
        bytes_add(&copy, c->message.at, c->message.len);
    size_t start = copy.len;
    bytes_add(&copy, c->in.at + f->head_len, have);
    for (size_t i = 0; i < have; i++)
        copy.at[start + i] ^= c->in.at[f->head_len - 4 + i % 4];
    if (text_is_bad(copy.at, copy.len, false))
        fail_client(c, 1007, BAD_UTF8);
    bytes_free(&copy);
}

/* For "goes-on-after-fault": the next frame is the next. */
static bool pass_over_frame(struct client *c)
{
    struct frame f;
    if (!frame_read(&f, c->in.at, c->in.len) || c->in.len < f.head_len + f.len)
        return false;
    drop(&c->in, f.head_len + (size_t)f.len);
    return true;
}

/* Takes one frame from what has come; false: it is not all there, or there will be no more. */
static bool take_next_frame(struct client *c)
{
    struct frame f;
    const char *bad;
    if (c->state != OPEN || c->in.len == 0)
        return false;
    bool early = !fault("judges-late") || frame_read(&f, c->in.at, c->in.len);
    if (early && (bad = header_fault(c, c->in.at, c->in.len)) != NULL) {
        fail_client(c, 1002, bad);
        return c->doomed && pass_over_frame(c);
    }
    if (!frame_read(&f, c->in.at, c->in.len))
        return false;
    if (fault("length-not-cut") && f.form == LENGTH_7)
        f.form = frame_length_form(f.len = c->in.at[1]);
    if (fault("length-read-swapped") && f.form == LENGTH_16)
        f.len = (f.len & 0xFF) << 8 | f.len >> 8;
    if (fault("length-read-signed-char") && f.form == LENGTH_16 && f.len & 0x80)
        f.len = (uint64_t)-1;
    if (fault("length-read-signed-short") && f.form == LENGTH_16 && f.len & 0x8000)
        f.len = (uint64_t)-1;
    if (fault("length-read-in-32-bits"))
        f.len &= UINT32_MAX;
    if (fault("reads-4096-only") && f.len > 4096)
        f.len = 4096;
    if (fault("empty-is-the-end") && f.len == 0) {
        c->failed = true;
        return false;
    }
    if (fault("dies-of-high-bit") && f.len >> 63)
        abort();
    unsigned code = length_fault(c, &f);
    if (code != 0) {
        fail_client(c, code, "length (RFC 6455 5.2, 10.4)");
        return false;
    }
    if (c->in.len - f.head_len < f.len) {
        if (f.opcode == CLOSE && c->in.len > f.head_len && fault("close-judged-early")) {
            unmask(c, c->in.at + f.head_len - 4, c->in.at + f.head_len, c->in.len - f.head_len);
            take_close(c, c->in.at + f.head_len, c->in.len - f.head_len);
            return false;
        }
        judge_unfinished(c, &f);
        if (c->in.len > f.head_len)
            c->cut = c->in.len - f.head_len;
        if (is_shared(&f) && c->cut < sizeof shared)
            memcpy(shared, c->in.at + f.head_len, c->cut);
        c->awaits_much = f.len > 65536;
        return false;
    }
    size_t end = f.head_len + (size_t)f.len;
    c->awaits_much = false;
    if (fault("second-refused") && c->cut > 0 && c->in.len > end) {
        take_frame(c, &f, c->in.at + f.head_len);
        flush_client(c);
        c->failed = true;
        return false;
    }
    c->is_leaving = c->in.len > end && c->in.at[end] == (FIN | CLOSE);
    for (size_t i = end; i < c->in.len && i < end + 4 && fault("mask-too-far") && c->cut > 0; i++)
        c->in.at[i] ^= c->in.at[f.head_len - 4 + i % 4];
    take_frame(c, &f, c->in.at + f.head_len);
    drop(&c->in, f.head_len + (size_t)f.len);
    c->cut = 0;
    return true;
}

static void take_frames(struct client *c)
{
    if (lesson == 1) {
        c->in.len = 0;
        return;
    }
    if (fault("all-refused") && c->in.len > 0) {
        fail_client(c, 1002, "opcode (RFC 6455 5.2)");
        return;
    }
    if (fault("one-byte-lost") && c->in.len == 1) {
        c->in.len = 0;
        return;
    }
    bool some = take_next_frame(c);
    if (fault("one-frame-a-read") || (fault("partial-frame-lost") && !some)) {
        c->in.len = 0;
        return;
    }
    while (some && !fault("second-left"))
        some = take_next_frame(c);
    if (c->doomed)
        finish(c);
}

/* --------------------------------------------------------------------------- the opening request */

/* A request's head, with each line ended by a NUL. */
struct request {
    char *line[200]; /* the request line, then the headers */
    size_t count;
};

static void cut_lines(struct request *r, char *text)
{
    r->count = 0;
    while (*text == '\r' || *text == '\n')
        text++;
    while (*text != '\0' && r->count < 200) {
        char *lf = strchr(text, '\n');
        r->line[r->count++] = text;
        if (lf == NULL)
            break;
        *lf = '\0';
        if (lf > text && lf[-1] == '\r')
            lf[-1] = '\0';
        text = lf + 1;
    }
}

static char *trimmed(char *value)
{
    while (*value == ' ' || *value == '\t')
        value++;
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t') &&
           !fault("header-trailing"))
        value[--len] = '\0';
    return value;
}

/* The n-th value of a header, or NULL. */
static char *header(const struct request *r, const char *name, size_t n)
{
    size_t len = strlen(name);
    for (size_t i = 1; i < r->count; i++) {
        char *line = r->line[i], *inside = strstr(line, name);
        bool same = strncasecmp(line, name, len) == 0 && line[len] == ':';
        if (fault("header-case"))
            same = strncmp(line, name, len) == 0 && line[len] == ':';
        if (fault("header-strstr") && inside != NULL && inside[len] == ':') {
            same = true;
            line = inside;
        }
        if (same && fault("header-space") && line[len + 1] != ' ')
            same = false;
        if (same && n-- == 0)
            return trimmed(line + len + 1);
    }
    return NULL;
}

/* Is the word an item of one of the headers of that name? */
static bool has_item(const struct request *r, const char *name, const char *word)
{
    const char *value;
    for (size_t n = 1; n < r->count && fault("token-elsewhere"); n++)
        if (strchr(r->line[n], ':') != NULL &&
            http_list_has(trimmed(strchr(r->line[n], ':') + 1), word))
            return true;
    for (size_t n = 0; (value = header(r, name, n)) != NULL; n++) {
        bool is_upgrade = strcmp(name, "Upgrade") == 0;
        if (is_upgrade && fault("upgrade-any"))
            return true;
        bool whole = fault("connection-whole") || (is_upgrade && fault("upgrade-whole"));
        if (fault("comma-blank-only") && strstr(value, ",Up") != NULL)
            return false;
        if (fault("first-item-only") && strncasecmp(value, word, strlen(word)) != 0)
            return false;
        if (whole ? strcasecmp(value, word) == 0 : http_list_has(value, word))
            return true;
        if (fault("connection-strstr") && strstr(value, word + 1) != NULL)
            return true;
        if (fault("connection-first-line"))
            return false;
    }
    return false;
}

static bool has_item_in_case(const struct request *r, const char *name, const char *word)
{
    const char *value = header(r, name, 0);
    return has_item(r, name, word) &&
           (!fault("connection-case") || (value != NULL && strstr(value, word) != NULL));
}

struct refusal {
    int status;
    const char *phrase, *headers, *reason;
};

static const struct refusal
    malformed = {400, "Bad Request", "", "malformed (RFC 9112)"},
    bad_handshake = {400, "Bad Request", "", "no good handshake (RFC 6455 4.2.1)"},
    bad_method = {405, "Method Not Allowed", "Allow: GET\r\n", "not GET (RFC 6455 4.2.1)"},
    bad_version = {426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                   "not version 13 (RFC 6455 4.4)"},
    bad_protocol = {505, "HTTP Version Not Supported", "", "not HTTP/1.1 (RFC 6455 4.2.1)"},
    bad_origin = {403, "Forbidden", "", "a page from elsewhere (RFC 6455 10.2)"},
    too_long = {431, "Request Header Fields Too Large", "", "head too long (RFC 6585 5)"},
    too_late = {408, "Request Timeout", "", "head too late (RFC 9110 15.5.9)"},
    not_found = {404, "Not Found", "", "nothing here (RFC 9110 15.5.5)"},
    full = {503, "Service Unavailable", "", "full (RFC 9110 15.6.4)"};

static void refuse(struct client *c, const struct refusal *r)
{
    bool tells = !(r == &bad_version && fault("version-not-told")) &&
                 !(r == &bad_method && fault("allow-not-told"));
    if (fault("closes-silently")) {
        finish(c);
        return;
    }
    bytes_add_format(
        &c->out, "HTTP/1.1 %d %s\r\n%sConnection: close%s\r\nContent-Length: %zu\r\n\r\n%s\n",
        r->status, r->phrase,
        r == &bad_version && fault("upgrade-not-told") ? strstr(r->headers, "Sec-WebSocket")
        : tells                                        ? r->headers
                                                       : "",
        r == &bad_version ? ", Upgrade" : "", strlen(r->reason) + 1, r->reason);
    finish(c);
}

static bool is_token(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] <= ' ' || at[i] >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", at[i]) != NULL)
            return false;
    return len > 0;
}

/* What is wrong with one line of the head; NULL: nothing. */
static const struct refusal *line_fault(const char *line, bool first)
{
    const char *colon = strchr(line, ':');
    size_t len = strlen(line);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            return &malformed;
    if (first) {
        const char *protocol = strrchr(line, ' ');
        const char *target = strchr(line, ' ');
        if (protocol == NULL || protocol == target || !is_token(line, (size_t)(target - line)))
            return &malformed;
        if (strncmp(protocol, " HTTP/1.", 8) == 0 && strlen(protocol) == 9)
            return NULL;
        return strncmp(protocol, " HTTP/", 6) == 0 ? &bad_protocol : &malformed;
    }
    if (len > 0 && ((fault("trailing-refused") && line[len - 1] == ' ') ||
                    (fault("unknown-refused") && strncmp(line, "X-", 2) == 0)))
        return &malformed;
    if (len > 0 && (colon == NULL || !is_token(line, (size_t)(colon - line))))
        return &malformed;
    return NULL;
}

/* 22 signs of base64 and two of padding. */
static bool is_key(const char *key)
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return strlen(key) >= 24 && strspn(key, signs) == 22 && memcmp(key + 22, "==", 2) == 0 &&
           (key[24] == '\0' || fault("header-trailing"));
}

static bool is_own_page(const char *origin, const char *host)
{
    bool is_address =
        strncmp(host, "127.", 4) == 0 || host[0] == '[' || strncmp(host, "localhost", 9) == 0;
    return strncmp(origin, "http://", 7) == 0 && strcmp(origin + 7, host) == 0 && is_address;
}

static bool has_body(const struct request *r)
{
    const char *length = header(r, "Content-Length", 0);
    return (length != NULL && strcmp(length, "0") != 0) ||
           header(r, "Transfer-Encoding", 0) != NULL;
}

/* RFC 6455 §4.2.1, rule by rule. */
static const struct refusal *handshake_fault(const struct request *r)
{
    const char *key = header(r, "Sec-WebSocket-Key", 0), *host = header(r, "Host", 0);
    const char *version = header(r, "Sec-WebSocket-Version", 0), *origin = header(r, "Origin", 0);
    const char *extensions = header(r, "Sec-WebSocket-Extensions", 0);
    if (strncmp(r->line[0], "GET ", 4) != 0 && !fault("post-taken"))
        return &bad_method;
    if (strstr(r->line[0], " HTTP/1.0") != NULL && !fault("http10-taken"))
        return &bad_protocol;
    if (strpbrk(r->line[0], "#@") != NULL && !fault("target-not-checked"))
        return &bad_handshake;
    if ((fault("few-headers") && r->count > 40) ||
        (fault("absolute-refused") && strstr(r->line[0], " http://") != NULL))
        return &bad_handshake;
    if (has_body(r) && !fault("body-not-checked"))
        return &bad_handshake;
    if (!has_item_in_case(r, "Upgrade", "websocket") && !fault("no-upgrade-taken"))
        return &bad_handshake;
    if (!has_item_in_case(r, "Connection", "Upgrade"))
        return &bad_handshake;
    if ((version == NULL || (strcmp(version, "13") != 0 && !fault("header-trailing"))) &&
        !fault("version-not-checked"))
        return &bad_version;
    if (key == NULL || (header(r, "Sec-WebSocket-Key", 1) != NULL && !fault("header-strstr")) ||
        (!is_key(key) && !fault("key-not-checked")))
        return &bad_handshake;
    if (origin != NULL && host != NULL && !is_own_page(origin, host) &&
        !fault("origin-not-checked"))
        return &bad_origin;
    if (extensions != NULL && strcspn(extensions, ",;") == 0 && !fault("extensions-not-checked"))
        return &bad_handshake;
    if (fault("header-order") && strncasecmp(r->line[1], "Host:", 5) != 0)
        return &bad_handshake;
    return NULL;
}

/* ------------------------------------------------------------------------------- the accept key */

static size_t decode_base64(unsigned char out[18], const char *text)
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned long bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < 24; i++) {
        const char *sign = strchr(signs, text[i]);
        bits = bits << 6 | (text[i] != '=' && sign != NULL ? (unsigned long)(sign - signs) : 0);
        if (i % 4 == 3) {
            for (int shift = 16; shift >= 0; shift -= 8)
                out[len++] = (unsigned char)(bits >> shift & 0xFF);
            bits = 0;
        }
    }
    return len - 2;
}

/* The text that is hashed. */
static void add_hashed_text(struct bytes *text, const char *key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char raw[18];
    if (fault("guid-first"))
        bytes_add_text(text, guid);
    if (fault("key-with-space"))
        bytes_add_text(text, " ");
    if (fault("key-decoded"))
        bytes_add(text, raw, decode_base64(raw, key));
    else
        bytes_add_text(text, key);
    if (fault("key-with-cr"))
        bytes_add_text(text, "\r");
    for (size_t i = 0; i < text->len && fault("key-lower"); i++)
        if (text->at[i] >= 'A' && text->at[i] <= 'Z')
            text->at[i] += 'a' - 'A';
    if (!fault("guid-first") && !fault("no-guid"))
        bytes_add_text(text, fault("guid-lower")  ? "258eafa5-e914-47da-95ca-c5ab0dc85b11"
                             : fault("guid-typo") ? "258EAFA5-E914-47DA-95CA-C5AB0DC85B12"
                                                  : guid);
    if (fault("key-with-nul"))
        bytes_add(text, "", 1);
}

static void add_accept(struct bytes *out, const char *key)
{
    struct bytes text = {0}, written = {0};
    unsigned char digest[64];
    add_hashed_text(&text, key);
    const char *algorithm = fault("md5") ? "MD5" : fault("sha256-cut") ? "SHA256" : "SHA1";
    size_t len = http_digest(digest, algorithm, text.at, text.len);
    if (fault("sha256-cut"))
        len = 20;
    text.len = 0;
    for (size_t i = 0; i < len; i++)
        bytes_add_format(&text, "%02x", digest[i]);
    if (fault("strlen-digest") && memchr(digest, 0, len) != NULL)
        len = strlen((const char *)digest);
    if (fault("hex"))
        bytes_add(&written, text.at, text.len);
    else if (fault("hex-base64"))
        http_add_base64(&written, text.at, text.len);
    else if (fault("constant-accept"))
        bytes_add_text(&written, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    else
        http_add_base64(&written, digest, len);
    for (size_t i = 0; i < written.len && fault("url-base64"); i++)
        written.at[i] = written.at[i] == '+' ? '-' : written.at[i] == '/' ? '_' : written.at[i];
    if (fault("no-padding"))
        written.len--;
    bytes_add(out, written.at, written.len);
    bytes_free(&text);
    bytes_free(&written);
}

/* ----------------------------------------------------------------------------------- answering */

/* Where it usually stands. */
static const char *key_at_its_place(const struct request *r)
{
    const char *colon = r->count > 4 ? strchr(r->line[4], ':') : NULL;
    return colon != NULL ? trimmed((char *)colon + 1) : "";
}

/* For "shared-key": that of another who asks at the same time, if one does; he is given time to. Good until
 * the next request. */
static const char *key_of_another(const struct client *c)
{
    static char head[HEAD_MAX + 1];
    for (size_t i = 0; i < client_count; i++) {
        struct pollfd one = {clients[i]->fd, POLLIN, 0};
        if (clients[i] == c || clients[i]->state != IN_HEAD || poll(&one, 1, 200) <= 0)
            continue;
        ssize_t n = recv(one.fd, head, HEAD_MAX, MSG_PEEK);
        head[n > 0 ? n : 0] = '\0';
        char *key = strstr(head, "Sec-WebSocket-Key: ");
        if (key == NULL)
            continue;
        key += strlen("Sec-WebSocket-Key: ");
        key[strcspn(key, "\r\n")] = '\0';
        return key;
    }
    return NULL;
}

static void answer_101(struct client *c, const struct request *r)
{
    const char *key = fault("shared-key") ? key_of_another(c) : NULL;
    struct bytes *out = &c->out;
    const char *extensions = header(r, "Sec-WebSocket-Extensions", 0);
    const char *subprotocol = header(r, "Sec-WebSocket-Protocol", 0);
    if (fault("join-dies"))
        abort();
    if (fault("join-hangs"))
        return;
    bytes_add_text(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    if (key == NULL)
        key = fault("key-fixed-place") ? key_at_its_place(r) : header(r, "Sec-WebSocket-Key", 0);
    add_accept(out, key);
    bytes_add_text(out, "\r\n");
    if (fault("extensions-echoed") && extensions != NULL)
        bytes_add_format(out, "Sec-WebSocket-Extensions: %s\r\n", extensions);
    if (fault("subprotocol-echoed") && subprotocol != NULL)
        bytes_add_format(out, "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
    if (fault("extension-invented"))
        bytes_add_text(out, "Sec-WebSocket-Extensions: x-better\r\n");
    if (fault("subprotocol-invented"))
        bytes_add_text(out, "Sec-WebSocket-Protocol: chat\r\n");
    if (fault("body-in-101"))
        bytes_add_text(out, "Content-Length: 0\r\n");
    if (!fault("no-blank-line"))
        bytes_add_text(out, "\r\n");
    if (fault("extra-crlf"))
        bytes_add_text(out, "\r\n");
    if (fault("text-after-101"))
        bytes_add_text(out, "Welcome!");
    for (size_t i = 0; i < out->len && fault("bare-lf"); i++)
        if (out->at[i] == '\r') {
            memmove(out->at + i, out->at + i + 1, out->len - i - 1);
            out->len--;
        }
    c->state = OPEN;
    c->was_in = true;
    joined++;
    c->since = wire_now();
    if (pings_at_once()) {
        send_frame(c, PING, (const unsigned char *)"", 0);
        send_frame(c, PING, (const unsigned char *)"who?", 4);
    }
    if (pongs_unasked())
        send_frame(c, PONG, (const unsigned char *)"", 0);
    if (fault("second-gets-words") && joined > 1200)
        send_frame(c, TEXT, (const unsigned char *)"You again?", 10);
    if (fault("greets") || fault("room-greets"))
        send_frame(c, TEXT, (const unsigned char *)"Welcome!", 8);
    if (fault("goodbye-at-once")) {
        send_close(c, 1000, "");
        finish(c);
    }
}

static void answer_with(struct client *c, const struct request *r, const char *type,
                        const char *body)
{
    bool head = strncmp(r->line[0], "HEAD ", 5) == 0;
    bytes_add_format(&c->out,
                     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n%s",
                     type, strlen(body), head ? "" : body);
    finish(c);
}

static void answer_http(struct client *c, const struct request *r)
{
    char status[160];
    const char *target = strchr(r->line[0], ' ') + 1;
    snprintf(status, sizeof status,
             fault("status-without-numbers")
                 ? "{\"visitors\":%zu,\"says\":%lu,\"gone\":%lu}\n"
                 : "{\"clients\":%zu,\"messages\":%lu,\"uptime\":0,\"evicted\":%lu}\n",
             fault("leavers-counted") ? joined : open_count(), served, evicted);
    if (strncmp(r->line[0], "GET ", 4) != 0 && strncmp(r->line[0], "HEAD ", 5) != 0)
        refuse(c, &bad_method);
    else if (strncmp(target, "/ ", 2) == 0)
        answer_with(c, r, "text/html", "<!DOCTYPE html><title>faulty</title>\n");
    else if (lesson == 3 && strncmp(target, "/status ", 8) == 0)
        answer_with(c, r, "application/json", status);
    else
        refuse(c, &not_found);
}

static void answer_request(struct client *c, const struct request *r)
{
    bool wanted = has_item(r, "Upgrade", "websocket") ||
                  header(r, "Sec-WebSocket-Key", 0) != NULL ||
                  header(r, "Sec-WebSocket-Version", 0) != NULL;
    bool one_host = header(r, "Host", 0) != NULL && header(r, "Host", 1) == NULL;
    const struct refusal *bad = one_host || fault("host-not-checked") ? NULL : &malformed;
    if (bad == NULL && wanted)
        bad = handshake_fault(r);
    if (bad == NULL && wanted && open_count() >= max_clients && !fault("no-places"))
        bad = &full;
    if (bad != NULL && fault("page-without-key") && header(r, "Sec-WebSocket-Key", 0) == NULL)
        answer_http(c, r);
    else if (bad != NULL)
        refuse(c, bad);
    else if (wanted && fault("unavailable"))
        refuse(c, &full);
    else if (wanted && !fault("page-for-upgrade"))
        answer_101(c, r);
    else
        answer_http(c, r);
    if (fault("old-protocol"))
        c->out.at[7] = '0';
}

/* Where the head ends; 0: not yet. */
static size_t head_end(const struct bytes *in, size_t fresh)
{
    static const char last[] = "Sec-WebSocket-Version: 13\r\n";
    const unsigned char *seen = bytes_find(in->at, in->len, last);
    if (fault("end-not-awaited") && seen != NULL && seen[strlen(last) - 1] == '\n' &&
        (size_t)(seen - in->at) + strlen(last) == in->len)
        return in->len;
    size_t from = fault("end-only-at-end") && fresh < in->len ? in->len - fresh : 0;
    const unsigned char *crlf = bytes_find(in->at + from, in->len - from, "\r\n\r\n");
    const unsigned char *lf = bytes_find(in->at + from, in->len - from, "\n\n");
    if (crlf != NULL && (lf == NULL || crlf < lf))
        return (size_t)(crlf - in->at) + 4;
    return lf != NULL ? (size_t)(lf - in->at) + 2 : 0;
}

/* Looks at each line as soon as it is there. */
static const struct refusal *head_fault(const struct bytes *in)
{
    struct bytes text = {0};
    struct request r;
    const struct refusal *bad = NULL;
    size_t len = in->len;
    while (len > 0 && in->at[len - 1] != '\n')
        len--;
    if (memchr(in->at, 0, len) != NULL || (in->len > 0 && in->at[0] == 0x16))
        return &malformed;
    bytes_add(&text, in->at, len);
    bytes_add(&text, "", 1);
    cut_lines(&r, (char *)text.at);
    for (size_t i = 0; i < r.count && bad == NULL && *r.line[i] != '\0'; i++)
        bad = line_fault(r.line[i], i == 0);
    bytes_free(&text);
    return bad;
}

static void take_head(struct client *c, size_t fresh)
{
    struct bytes text = {0};
    struct request r;
    size_t end = head_end(&c->in, fresh), most = fault("small-buffer") ? 1024 : HEAD_MAX;
    const struct refusal *bad = head_fault(&c->in);
    if (bad == NULL && (end > 0 ? end : c->in.len) > most && !fault("endless-head"))
        bad = &too_long;
    if (bad == NULL && end == 0 && fault("line-in-two-refused") && c->in.at[c->in.len - 1] != '\n')
        bad = &malformed;
    if (bad == NULL && end == 0 && (fault("one-recv") || fault("room-one-recv")))
        bad = &malformed;
    if (bad != NULL)
        refuse(c, bad);
    if (bad != NULL || end == 0)
        return;
    bytes_add(&text, c->in.at, end);
    bytes_add(&text, "", 1);
    cut_lines(&r, (char *)text.at);
    answer_request(c, &r);
    drop(&c->in, fault("early-bytes-lost") ? c->in.len : end);
    bytes_free(&text);
}

/* --------------------------------------------------------------------------------- the loop */

static void read_client(struct client *c)
{
    static unsigned char buffer[65536];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (fault("dies-of-silence") && c->state == IN_HEAD && c->in.len == 0)
            abort();
        if (n == 0 && (fault("stays-half-open") || fault("half-open-kept")) && c->state == OPEN) {
            c->orphan = true;
            return;
        }
        if (n == 0 && fault("end-of-stream") && c->state == IN_HEAD && c->in.len > 0) {
            bytes_add_text(&c->in, "\r\n");
            take_head(c, 2);
            finish(c);
            return;
        }
        bool sigpipe = fault("dies-of-reset") || fault("room-sigpipe");
        if (n < 0 && sigpipe) /* the reset was there before we wrote; we write all the same */
            (void)!write(c->fd, "\x81\x00", 2);
        if (fault("dies-of-leaving") && c->state == OPEN && n == 0 && client_count > 1)
            abort();
        c->failed = true;
        return;
    }
    c->ping_sent = c->ping_sent && fault("pong-not-counted");
    if (c->state == LINGERING)
        return;
    if (c->state == OPEN || fault("deadline-put-off"))
        c->since = wire_now();
    if (fault("head-piece-lost") && c->state == IN_HEAD)
        c->in.len = 0;
    bytes_add(&c->in, buffer, (size_t)n);
    bool was_open = c->state == OPEN;
    if (c->state == IN_HEAD)
        take_head(c, (size_t)n);
    if (fault("early-left") ? was_open : c->state == OPEN)
        take_frames(c);
    c->has_spoken = c->has_spoken || was_open;
}

/* What is due by the clock. */
static void look_at_clock(struct client *c)
{
    int64_t silent = wire_now() - c->since;
    if (c->state == OPEN && fault("pings-in-silence") && wire_now() - c->pinged >= PINGING) {
        send_frame(c, PING, (const unsigned char *)"", 0);
        c->pinged = wire_now();
    }
    if (c->state == OPEN && silent > 500 && fault("silence-said"))
        fail_client(c, 1000, "nothing more to say?");
    if (c->state == OPEN && silent > 500 && fault("silence-ends"))
        c->failed = true;
    if (c->state == IN_HEAD && silent > head_timeout && !fault("no-deadline")) {
        if (c->in.len > 0)
            refuse(c, &too_late);
        else
            c->failed = true;
    } else if (c->state == LINGERING && silent > LINGER) {
        c->failed = true;
    } else if (c->state == OPEN && c->opcode != 0 && wire_now() - c->begun > 6 * ping_interval &&
               !fault("unfinished-kept")) {
        fail_client(c, 1008, "a message that does not end");
    } else if (c->state == OPEN && lesson > 1 && silent > ping_interval && !fault("no-ping")) {
        if (c->ping_sent && !fault("silent-kept"))
            c->failed = true;
        if (!c->ping_sent)
            send_frame(c, PING, (const unsigned char *)"", 0);
        c->ping_sent = true;
        c->since = wire_now();
    }
}

/* A client handed to nobody: as when all threads look at one variable. */
static void lose_one(void)
{
    size_t fresh = 0;
    for (size_t i = 0; i < client_count; i++)
        fresh += clients[i]->state == IN_HEAD && clients[i]->in.len == 0 && !clients[i]->orphan;
    if (fresh > 4)
        clients[client_count - 1]->orphan = true;
}

static void take_client(int fd)
{
    static unsigned long ever;
    struct client *c = calloc(1, sizeof *c);
    int buffered = 256 * 1024; /* else the system alone may hold megabytes, or not */
    ever++;
    if (c == NULL || client_count == CLIENTS_MAX ||
        ((fault("eight-places") || fault("room-of-eight")) && client_count >= 8) ||
        (fault("places-not-freed") && ever > 1000)) {
        free(c);
        close(fd);
        return;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffered, sizeof buffered);
    *c = (struct client){.fd = fd, .state = IN_HEAD, .since = wire_now()};
    clients[client_count++] = c;
    if (fault("shared-variable"))
        lose_one();
}

static void take_clients(int listener)
{
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
        take_client(fd);
}

/* Is this client's turn never, or later? */
static bool is_kept_waiting(size_t i)
{
    bool is_behind_long = false;
    for (size_t k = 0; k < client_count && fault("waits-for-long"); k++)
        is_behind_long = is_behind_long || (k != i && clients[k]->awaits_much);
    return clients[i]->orphan || is_behind_long || (fault("one-at-a-time") && i > 0);
}

static void finish_round(void)
{
    if (said_count > 0)
        deliver_in_disorder();
    deliver_late_halves();
    for (size_t i = 0; i < client_count; i++) {
        struct client *c = clients[i];
        look_at_clock(c);
        flush_client(c);
        if (c->state == LINGERING && c->out.len == 0 && c->fd >= 0)
            (void)shutdown(c->fd, SHUT_WR);
    }
    for (size_t i = 0; i < client_count;) {
        struct client *c = clients[i];
        if (!c->failed) {
            i++;
            continue;
        }
        if (c->was_in && fault("leave-dies"))
            abort();
        client_free(c);
        memmove(clients + i, clients + i + 1, (client_count - i - 1) * sizeof *clients);
        client_count--;
    }
}

static void serve_round(const int listeners[2])
{
    static struct pollfd set[CLIENTS_MAX + 2];
    size_t count = client_count;
    first_speaker = NULL;
    for (size_t i = 0; i < 2; i++)
        set[i] = (struct pollfd){stopping ? -1 : listeners[i], POLLIN, 0};
    for (size_t i = 0; i < count; i++) {
        short wanted = clients[i]->out.len > 0 ? POLLIN | POLLOUT : POLLIN;
        set[2 + i] = (struct pollfd){is_kept_waiting(i) ? -1 : clients[i]->fd, wanted, 0};
    }
    if (poll(set, (nfds_t)count + 2, 50) > 0) {
        for (size_t i = 0; i < count; i++)
            if (set[2 + i].revents & (POLLIN | POLLHUP | POLLERR))
                read_client(clients[i]);
        for (size_t i = 0; i < 2; i++)
            if (set[i].revents != 0)
                take_clients(listeners[i]);
    }
    finish_round();
}

/* ------------------------------------------------------------------------------- begin and end */

static void on_signal(int signal)
{
    (void)signal;
    stopping = 1;
}

static int listen_on(int family, unsigned *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)*port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = family == AF_INET ? sizeof v4 : sizeof v6;
    struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
    int one = 1, fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    if (!fault("no-reuseaddr"))
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool bound = bind(fd, address, len) == 0 || fault("taken-port-kept");
    if (!bound || listen(fd, 256) != 0) {
        close(fd);
        return -1;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (family == AF_INET && getsockname(fd, address, &len) == 0)
        *port = ntohs(v4.sin_port);
    return fd;
}

/* 1001 to all, and some time for their answers. */
static void stop_serving(void)
{
    static const int none[2] = {-1, -1};
    int64_t deadline = wire_now() + GOODBYE;
    for (size_t i = 0; i < client_count && !fault("no-goodbye"); i++)
        if (clients[i]->state == OPEN && lesson > 1) {
            clients[i]->failed = fault("stop-hurries") && clients[i]->out.len > 0;
            send_close(clients[i], 1001, "");
            if (fault("close-not-awaited"))
                finish(clients[i]);
        }
    while (client_count > 0 && lesson > 1 && !fault("no-goodbye") &&
           (wire_now() < deadline || fault("stop-waits")))
        serve_round(none);
}

static void list_faults(void)
{
    for (size_t i = 0; i < FAULTS; i++)
        printf("%s\t%d\t%d\t%s\t%s\n", faults[i].name, faults[i].lesson, faults[i].row,
               faults[i].check, faults[i].diagnosis);
}

static bool choose(const char *name)
{
    for (size_t i = 0; i < FAULTS; i++)
        if (strcmp(faults[i].name, name) == 0) {
            chosen = &faults[i];
            lesson = chosen->lesson;
        }
    return chosen != NULL;
}

/* Takes one option and its value; false: there is no such option. */
static bool take_option(const char *option, const char *value, unsigned *port)
{
    char *end;
    double number = strtod(value, &end);
    if (strcmp(option, "--fault") == 0)
        return choose(value);
    if (*end != '\0')
        return false;
    if (strcmp(option, "--port") == 0)
        *port = fault("port-ignored") ? 0 : (unsigned)number;
    else if (strcmp(option, "--lesson") == 0)
        lesson = (int)number;
    else if (strcmp(option, "--handshake-timeout") == 0)
        head_timeout = (int64_t)(number * 1000);
    else if (strcmp(option, "--ping-interval") == 0)
        ping_interval = (int64_t)(number * 1000);
    else if (strcmp(option, "--max-message") == 0)
        max_message = (size_t)number;
    else if (strcmp(option, "--max-clients") == 0)
        max_clients = (size_t)number;
    else if (strcmp(option, "--max-backlog") == 0)
        max_backlog = (size_t)number;
    else
        return false;
    return true;
}

static int usage_error(const char *word)
{
    fprintf(stderr, "faulty: %s: no such option or fault\n", word);
    return 2;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct rlimit no_core = {0, 0};
    unsigned port = 8080;
    int listeners[2];
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--list") == 0) {
            list_faults();
            return 0;
        }
        if (i + 1 == argc || !take_option(argv[i], argv[i + 1], &port))
            return usage_error(argv[i]);
    }
    (void)setrlimit(RLIMIT_CORE, &no_core); /* dying is part of its trade */
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (strstr(fault_name(), "sigpipe") == NULL && !fault("dies-of-reset"))
        signal(SIGPIPE, SIG_IGN);
    listeners[0] = listen_on(AF_INET, &port);
    if (fault("ipv6-only")) { /* the port is known by now */
        close(listeners[0]);
        listeners[0] = -1;
    } else if (listeners[0] < 0) {
        fprintf(stderr, "faulty: port %u is in use\n", port);
        return 1;
    }
    listeners[1] = fault("ipv4-only") ? -1 : listen_on(AF_INET6, &port);
    printf("listening on http://127.0.0.1:%u/\n", port);
    fflush(stdout);
    while (!stopping)
        serve_round(listeners);
    stop_serving();
    return fault("bad-exit") || fault("stop-bad-exit") ? 3 : 0;
}
