"""Names for experiments that nobody named: an adjective and a noun."""

from collections.abc import Callable, Container

__all__ = ["random_name"]

_TRIES = 100
_ADJECTIVES = """
able ample amber apt ashen avid azure balmy basic bold bonny brave brief bright brisk broad calm candid chief civil
clean clear clever cool coral cosy crisp dapper daring deep deft dense dewy downy eager early easy even exact fair
famed fancy fast fine firm fit fleet fluid fond frank free fresh full gentle giant glad grand great green handy happy
hardy hasty hazel high honest humble ideal jade jolly jovial keen kind lanky large lasting late level light lively
loud loyal lucid lucky lunar major meek mellow merry mild misty modest mossy native neat new nimble noble novel oaken
open pale patient plain pliant polar polite prime proper proud quick quiet rapid rare ready regal rich ripe robust
rosy round royal rural sandy sharp shiny silent silver simple sleek slim smart smooth snowy solar solid spare spry
square stable steady still stout sturdy sunny sure swift tall tame tidy tiny top true upbeat urban vast vivid warm
wary wide wild wise witty young zesty
"""
_NOUNS = """
acorn alder anchor apple arrow aspen atlas badge bamboo barley basin beacon beech berry birch bison blossom bridge
brook cabin canal candle canoe canyon cedar cherry cliff clover cobble comet copper cove crane creek cricket crystal
cypress daisy delta dune eagle ember falcon feather fennel fern field finch fjord flint forest fossil fountain garden
garnet ginger glacier glade gorge grain granite grove gull harbor hawk hazel heath heron hickory hill holly honey
island ivy jasmine juniper kestrel kettle lagoon lake lantern larch lark laurel lemon lichen lily linden lotus lynx
magnet maple marble marsh meadow melon mesa mint mirror moon moor moss moth nectar nettle oak oasis olive onyx orbit
orchid otter owl paddle palm parsley peak pearl pebble pepper pier pine planet plateau plum pond poplar prairie prism
quarry quartz rain raven reed reef ridge river robin rowan saddle saffron sage sail sparrow spring spruce star
sparkle stone stork summit swallow tern thistle thyme tide timber tulip valley violet walnut wave wharf willow wren
"""


def random_name(choose: Callable[[int], int], taken: Container[str]) -> str:
    """A name that is not taken.  choose: a random number below its argument."""
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    number = 0
    while True:
        name = f"{adjectives[choose(len(adjectives))]}-{nouns[choose(len(nouns))]}"
        name = name if number < _TRIES else f"{name}-{number}"  # there are only so many of them
        if name not in taken:
            return name
        number += 1
