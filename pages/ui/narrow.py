"""Tables on a phone: what does not fit is scrolled to, and it is seen that there is more."""

# The bar stays where a browser lets it; the last column in view fades until the end is reached. A
# table that fits has neither.
STYLE = """<style>
@keyframes more {
0%, 98% {mask-image: linear-gradient(to right, black calc(100% - 3rem), transparent)}
99%, 100% {mask-image: none}
}
@media (max-width: 640px) {
[data-testid=stTable] > div {animation: more linear; animation-timeline: scroll(self inline)}
[data-testid=stTable] > div::-webkit-scrollbar {height: 8px}
[data-testid=stTable] > div::-webkit-scrollbar-track {background: rgb(128 128 128 / 20%)}
[data-testid=stTable] > div::-webkit-scrollbar-thumb {background: gray; border-radius: 4px}
}
</style>"""
