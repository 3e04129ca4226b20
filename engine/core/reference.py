"""Hand a group of arrays over as one address.

numba passes a named tuple by value: each array becomes seven arguments, and a state of twenty
arrays is packed and unpacked at every call. `by_reference` puts the tuple on the stack of the
outermost kernel once; its functions get the address and read `state.quote` as before. Without
compiling it returns the tuple itself.

The address is good until the kernel that made it returns, and the tuple itself cannot change.
"""

from numba import config, types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model


class ByReference(types.Type):
    """The numba type of the address of a named tuple."""

    def __init__(self, content):
        self.content = content
        super().__init__(name=f"ByReference({content})")


@register_model(ByReference)
class _Address(models.PrimitiveModel):
    def __init__(self, manager, kind):
        stored = manager.lookup(kind.content).get_value_type()
        super().__init__(manager, kind, stored.as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = ByReference

    def generic_resolve(self, kind, name):
        content = kind.content
        return content.types[content.fields.index(name)] if name in content.fields else None


@lower_getattr_generic(ByReference)
def _load_field(context, builder, kind, address, name):
    place = kind.content.fields.index(name)
    value = builder.load(cgutils.gep_inbounds(builder, address, 0, place))
    value.set_metadata("invariant.load", builder.module.add_metadata([]))  # read once, not again
    return impl_ret_borrowed(context, builder, kind.content.types[place], value)


@intrinsic
def _address_of(typing_context, group):
    def store(context, builder, signature, arguments):
        return cgutils.alloca_once_value(builder, arguments[0])

    return ByReference(group)(group), store


@intrinsic
def _outline(typing_context):
    def mark(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), mark


def _same(group):
    return group


def _nothing():
    pass


by_reference = _same if config.DISABLE_JIT else _address_of
# In the body of a kernel: never merge it into its caller. What a kernel reads by reference cannot
# change while it runs, which is true of every kernel but the one that makes the address.
outline = _nothing if config.DISABLE_JIT else _outline
