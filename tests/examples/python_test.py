# SPDX-License-Identifier: Apache-2.0
"""The shipper in Python, by ctypes; and that its structs and numbers are those of the header, which ctypes believes unseen."""

import ctypes
import importlib.util
import unittest

import shipping

# Names in C of what beat_plugin.py calls otherwise.
STRUCTS = {"Span": "beat_span", "HostApi": "beat_host_api", "InitArgs": "beat_init_args", "Batch": "beat_batch", "PollArgs": "beat_poll_args",
           "PollResult": "beat_poll_result", "AckArgs": "beat_ack_args", "PluginApi": "beat_plugin_api"}
NUMBERS = {"ABI_VERSION": "BEAT_ABI_VERSION", "OK": "BEAT_OK", "IDLE": "BEAT_IDLE", "BACKPRESSURE": "BEAT_BACKPRESSURE",
           "HEALTHY": "BEAT_HEALTH_HEALTHY", "FAILED": "BEAT_HEALTH_FAILED", "ACK_DURABLE": "BEAT_ACK_DURABLE", "ACK_RETRY": "BEAT_ACK_RETRY",
           **{f"E_{name}": f"BEAT_E_{name}" for name in ("GENERIC", "ARG", "VERSION", "CONFIG", "HANDLE", "TIMEOUT", "FORKED", "UNSUPPORTED",
                                                          "TRUNCATED")}}


class Python(shipping.Shipping):
    LANGUAGE = "python"

    def test_structs_and_numbers_are_those_of_the_header(self):
        spec = importlib.util.spec_from_file_location("beat_plugin", self.source / "beat_plugin.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        ours, lines = {}, []
        for name, c_name in STRUCTS.items():
            kind = getattr(module, name)
            ours[c_name] = [ctypes.sizeof(kind)]
            lines.append(f"sizeof({c_name})")
            for field, *_ in kind._fields_:
                ours[f"{c_name}.{field}"] = [getattr(kind, field).offset, getattr(kind, field).size]
                lines += [f"offsetof({c_name}, {field})", f"sizeof((({c_name} *)0)->{field})"]
        for name, c_name in NUMBERS.items():
            ours[c_name] = [getattr(module, name)]
            lines.append(c_name)
        every = {value for value in vars(module).values() if isinstance(value, type) and issubclass(value, ctypes.Structure)}
        self.assertEqual({getattr(module, name) for name in STRUCTS}, every - {ctypes.Structure})
        program = "#include <beat_plugin.h>\n#include <stdio.h>\nint main(void) {\n" + "".join(
            f'  printf("%ld\\n", (long)({line}));\n' for line in lines) + "  return 0;\n}\n"
        (self.folder / "layout.c").write_text(program, encoding="ascii")
        done = shipping.installed.run('eval "$CC $(pkg-config --cflags beat_plugin) layout.c -o layout"\n./layout', self.folder,
                                      self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        theirs = iter(map(int, done.stdout.split()))
        self.assertEqual(ours, {name: [next(theirs) for _ in values] for name, values in ours.items()})


if __name__ == "__main__":
    unittest.main()
