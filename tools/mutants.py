"""Faults that the tests must catch; mutate.py plants them one at a time.

Each is (name, file, old, new, test): the text `old` stands exactly once in `file` and becomes
`new`; the code still builds; then `test`, the kind of test that was written against this very
fault, must fail. Tests are named
    unit:<folder>/test_<file>   a program of test/unit
    sim:test_<name>             a program of test/sim
    sim                         the simulator over its first seeds
    interop:test_<name>         a namespace test, as root
A fault whose `old` is gone is an error: the code moved on, and the fault has to follow.
"""

FAULTS = [
]
