"""Machine code only where Python enters.

Left alone, numba makes machine code, a Python wrapper and a file for every kernel, also for the
hundreds that only other kernels call, and each caller optimises once more whatever it calls.
Here a kernel that another kernel asks for (an interior one) is typed and lowered, no more. The
kernel that Python calls takes all the code beneath it, once, and is optimised as a whole: the
same arithmetic, bit for bit, in half the compile time and a seventh of the disk.

Two costs. An interior kernel is not kept on disk: who needs a new entry compiles what is beneath
it again. And it uses parts of numba that are not documented, so it is done only for the version
it was written for; with any other the kernels compile the ordinary way.
"""

import numba

KNOWN = "0.68.1"
USED = numba.__version__ == KNOWN and not numba.config.DISABLE_JIT

if USED:
    from numba.core.caching import NullCache
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.environment import lookup_environment
    from numba.core.sigutils import normalize_signature

    class Interior(JITCodeLibrary):
        """The code of one kernel alone, neither linked nor optimised as a whole."""

        def finalize(self):
            for library in self._linking_libraries:
                self._reload_init.update(library._reload_init)
            self._finalize_dynamic_globals()
            self._finalized = True

        def beneath(self):
            """Itself and every library that its code calls."""
            found, waiting = {}, [self]
            while waiting:
                library = waiting.pop()
                if library not in found:
                    found[library] = True
                    waiting += library._linking_libraries if isinstance(library, Interior) else []
            return found

        def alone(self):
            return super()._get_module_for_linking()

        def _get_module_for_linking(self):
            """With all beneath, for a function that is no kernel of ours and takes it at once."""
            whole = self.alone().clone()
            for part in parts([self]):
                whole.link_in(part._get_module_for_linking(), preserve=True)
            return whole

    class Part:
        """What numba links of a library: the code of one kernel, with nothing beneath."""

        def __init__(self, library):
            self._reload_init = library._reload_init
            self._get_module_for_linking = library.alone

    def parts(libraries):
        """Every piece of code in and beneath `libraries`, each once."""
        found = {}
        for library in libraries:
            found |= library.beneath() if isinstance(library, Interior) else {library: True}
        return [Part(one) if isinstance(one, Interior) else one for one in found]

    class Entry(JITCodeLibrary):
        """A kernel that Python calls, with all that it calls."""

        def finalize(self):
            self._linking_libraries = parts(self._linking_libraries)
            super().finalize()

        def _finalize_specific(self):
            super()._finalize_specific()
            # What an interior kernel knows of its module is set here, for it has no code itself.
            for variable in self._final_module.global_variables:
                if (environment := lookup_environment(variable.name)) is not None:
                    self.codegen.set_env(variable.name, environment)

    class Pipeline(Compiler):
        """Numba's compiler with one of the two libraries above."""

        interior = False  # another kernel asks; changed only by who holds the compiler's lock

        def __init__(self, typing, target, library, args, returned, flags, local):
            flags.no_cfunc_wrapper = True  # serves functions as values, which no kernel takes
            flags.no_cpython_wrapper = flags.no_compile = self.interior
            super().__init__(typing, target, library, args, returned, flags, local)

        def compile_extra(self, function):
            kind, target = Interior if self.interior else Entry, self.state.targetctx
            self.state.library = kind(target.codegen(), function.__qualname__)
            self.state.library.enable_object_caching()
            found = super().compile_extra(function)
            if not self.interior:
                return found
            key = object()  # callers look it up by its function pointer; it has none
            target.insert_user_function(key, found.fndesc, [found.library])
            return found._replace(entry_point=key)


def options() -> dict:
    """What the compiler must be told besides."""
    return {"pipeline_class": Pipeline} if USED else {}


def tell_apart(compiled):
    """Compile `compiled` as an entry if Python asks for it, as interior if a kernel does."""
    if not USED:
        return compiled
    template, add, build = compiled.get_call_template, compiled.add_overload, compiled.compile
    cache, kinds = compiled._cache, compiled.overloads

    def asked_by_a_kernel(args, kws):
        with global_compiler_lock:
            before, Pipeline.interior = Pipeline.interior, True
            try:
                return template(args, kws)
            finally:
                Pipeline.interior = before

    def add_overload(found):
        if isinstance(found.library, Interior):  # Python must not find it: it cannot be called
            kinds[tuple(found.signature.args)] = found
        else:
            add(found)

    def compile_as_asked(signature):
        with global_compiler_lock:
            if Pipeline.interior:
                compiled._cache = NullCache()
            elif (known := kinds.get(tuple(normalize_signature(signature)[0]))) is not None:
                if isinstance(known.library, Interior):
                    del kinds[tuple(known.signature.args)]
            try:
                return build(signature)
            finally:
                compiled._cache = cache

    compiled.get_call_template, compiled.add_overload = asked_by_a_kernel, add_overload
    compiled.compile = compile_as_asked
    return compiled
