"""One way to compile a kernel.

Every kernel of the engine is serial and releases the GIL, so sessions run side by side and
none can abort the server. Neither `fastmath` nor `parallel` is ever used: both change bits.
"""

import numba

from engine.core import interior

OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}


def kernel(function=None, *, inline=False, bare=False):
    """Compile `function` for the kernel.

    inline : merge it into its caller; for the hot path, where handing over the state would cost
        more than the work. The compiler decides by itself about small functions.
    bare : compile without reference counting, for code that allocates nothing. Counting
        references to a state of twenty arrays takes 50 times as long as the work (measured).

    The compiled code is kept on disk. Where no folder is writable numba refuses to cache at
    import; the kernel is then compiled afresh in each process instead of failing.
    """
    if function is None:
        return lambda f: kernel(f, inline=inline, bare=bare)
    options = {**OPTIONS, "forceinline": inline, "_nrt": not bare}
    options |= interior.options()
    try:
        return _once(numba.njit(cache=True, **options)(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return _once(numba.njit(**options)(function))


def _once(compiled):
    """Compile a function once for all whole numbers, not anew for each constant it is given."""
    if numba.config.DISABLE_JIT:
        return compiled
    compiled = interior.tell_apart(compiled)
    template = compiled.get_call_template

    def without_constants(args, kws):
        named = {name: numba.types.unliteral(kind) for name, kind in kws.items()}
        return template(tuple(numba.types.unliteral(kind) for kind in args), named)

    compiled.get_call_template = without_constants
    return compiled
