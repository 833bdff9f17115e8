# SPDX-License-Identifier: Apache-2.0
"""The C contract of beat_plugin.h by ctypes, ABI 1.0. Nothing but Python's own library."""

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

ABI_VERSION = 1 << 16
OK, IDLE, BACKPRESSURE = 0, 1, 2
E_GENERIC, E_ARG, E_VERSION, E_CONFIG, E_HANDLE, E_TIMEOUT, E_FORKED, E_UNSUPPORTED, E_TRUNCATED = -1, -2, -3, -4, -6, -8, -11, -12, -13
HEALTHY, FAILED = 1, 3
HEALTH = ("starting", "healthy", "degraded", "failed", "stopping", "stopped")
LEVELS = ("?", "error", "warn", "info", "debug", "trace")
ACK_DURABLE, ACK_RETRY = 0, 1
# Faults of the caller, or an instance that is gone; after every other error the call may be repeated. One that is not known
# here means E_GENERIC.
FATAL = {E_ARG, E_VERSION, E_CONFIG, E_HANDLE, E_FORKED, E_UNSUPPORTED}


class Span(ctypes.Structure):
    _fields_ = [("ptr", c_void_p), ("len", c_size_t)]

    def bytes(self):
        """A copy."""
        return ctypes.string_at(self.ptr, self.len) if self.len else b""

    def text(self):
        return self.bytes().decode("utf-8", "replace")

    def view(self):
        """The memory itself, as long as its owner keeps it."""
        return memoryview((ctypes.c_ubyte * self.len).from_address(self.ptr))


LOG = CFUNCTYPE(None, c_void_p, c_int32, Span, Span)
LOG_LEVEL = CFUNCTYPE(c_int32, c_void_p)
CLOCK = CFUNCTYPE(c_int64, c_void_p)
SECRET = CFUNCTYPE(c_int32, c_void_p, Span, c_void_p, c_size_t, POINTER(c_size_t))
EXTENSION = CFUNCTYPE(c_void_p, c_void_p, c_char_p)


class HostApi(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("abi_version", c_uint32), ("ctx", c_void_p), ("log", LOG), ("log_level", LOG_LEVEL),
                ("realtime_ns", CLOCK), ("monotonic_ns", CLOCK), ("secret_get", SECRET), ("health", LOG), ("get_extension", EXTENSION)]


class InitArgs(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("host", POINTER(HostApi)), ("config_json", Span),
                ("instance_id", Span), ("err_buf", c_char_p), ("err_cap", c_size_t)]


class Batch(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("doc_stride", c_uint32), ("id", c_uint64), ("docs", c_void_p), ("doc_count", c_uint64),
                ("ndjson", Span)]


class PollArgs(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("budget_ms", c_uint32), ("max_docs", c_uint32), ("flags", c_uint32), ("max_bytes", c_uint64)]


class PollResult(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("next_poll_ms", c_uint64), ("health", c_int32), ("in_flight", c_uint32),
                ("batch", POINTER(Batch))]


class AckArgs(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("outcome", c_int32), ("rejected", POINTER(c_uint32)), ("rejected_count", c_uint64)]


TEXT = CFUNCTYPE(c_int32, c_uint64, c_char_p, c_size_t, POINTER(c_size_t))


class PluginApi(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("abi_version", c_uint32),
                ("describe", CFUNCTYPE(c_int32, c_int32, c_char_p, c_size_t, POINTER(c_size_t))),
                ("validate", CFUNCTYPE(c_int32, Span, c_char_p, c_size_t)),
                ("init", CFUNCTYPE(c_int32, POINTER(InitArgs), POINTER(c_uint64))),
                ("poll", CFUNCTYPE(c_int32, c_uint64, POINTER(PollArgs), POINTER(PollResult))),
                ("release", CFUNCTYPE(c_int32, c_uint64, c_uint64)),
                ("ack", CFUNCTYPE(c_int32, c_uint64, c_uint64, POINTER(AckArgs))),
                ("cancel", CFUNCTYPE(c_int32, c_uint64)),
                ("status_json", TEXT), ("last_error", TEXT),
                ("shutdown", CFUNCTYPE(c_int32, c_uint64, c_uint32)),
                ("get_extension", CFUNCTYPE(c_void_p, c_char_p))]


class Failure(Exception):
    """A status below zero, with the plugin's sentence."""

    def __init__(self, status, text):
        super().__init__(f"status {status}, {text}")
        self.status = status
        self.passes = status not in FATAL


def sized(kind, **members):
    return kind(struct_size=ctypes.sizeof(kind), **members)


def load(path):
    """The plugin's table. OSError if there is none."""
    library = ctypes.CDLL(path)  # RTLD_LOCAL; never closed, which the library forbids
    library.beat_plugin_get_api.restype = POINTER(PluginApi)
    library.beat_plugin_get_api.argtypes = [c_uint32]
    table = library.beat_plugin_get_api(ABI_VERSION)
    if not table:
        raise OSError(f"{path} serves no ABI {ABI_VERSION >> 16}.x; install a plugin of that version")
    return table.contents


class Instance:
    """One organization that is collected. Use as a context manager.

    host has log(level, component, text), health(health, stream, text) and secret(name, room): they are called on whichever
    thread is inside a call of the instance. What they raise is printed by ctypes and goes no further.
    """

    def __init__(self, api, host, config, name="shipper"):
        self.api, self.handle = api, c_uint64()
        # ctypes' wrappers of our functions must live as long as the instance: the table keeps them.
        self.table = sized(HostApi, abi_version=ABI_VERSION,
                           log=LOG(lambda _, level, part, text: host.log(level, part.text(), text.text())),
                           health=LOG(lambda _, health, stream, text: host.health(health, stream.text(), text.text())),
                           secret_get=SECRET(lambda _, name, buf, cap, length: self._secret(host, name, buf, cap, length)))
        error = ctypes.create_string_buffer(8192)
        args = sized(InitArgs, host=ctypes.pointer(self.table), config_json=borrowed(config), instance_id=borrowed(name.encode()),
                     err_buf=ctypes.cast(error, c_char_p), err_cap=len(error))
        status = api.init(ctypes.byref(args), ctypes.byref(self.handle))
        if status < 0:
            raise Failure(status, error.value.decode("utf-8", "replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        while self.api.shutdown(self.handle, 5000) == E_TIMEOUT:
            pass  # A name lookup still runs; the table must live until it is over.

    def poll(self, budget_ms):
        """Works for about so long. `batch` of the result is what was handed out; it is false if nothing was."""
        args, out = sized(PollArgs, budget_ms=budget_ms), sized(PollResult)
        self._check(self.api.poll(self.handle, ctypes.byref(args), ctypes.byref(out)))
        return out

    def ack(self, batch_id, outcome):
        args = sized(AckArgs, outcome=outcome)
        self._check(self.api.ack(self.handle, batch_id, ctypes.byref(args)))

    def cancel(self):
        """Ends the running poll, or the next. From any thread."""
        self.api.cancel(self.handle)

    def _check(self, status):
        if status < 0:
            text, length = ctypes.create_string_buffer(1024), c_size_t()
            self.api.last_error(self.handle, text, len(text) - 1, ctypes.byref(length))
            raise Failure(status, text.value.decode("utf-8", "replace"))

    @staticmethod
    def _secret(host, name, buf, cap, length):
        try:
            length[0] = host.secret(name.text(), memoryview((ctypes.c_ubyte * cap).from_address(buf)))
        except (OSError, ValueError):
            return E_GENERIC
        return OK if length[0] <= cap else E_TRUNCATED


def borrowed(octets):
    """A span of these bytes, which the caller keeps for the call."""
    return Span(ctypes.cast(c_char_p(octets), c_void_p), len(octets))
