"""The curves as a picture: fill rate against average stock, as SVG that needs nothing."""

from __future__ import annotations

from assets.simulation.comparing import Curve

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 420, 64, 24, 48
_COLORS = {
    "production": "#0b6b6f", "minimum_maximum": "#b4541a", "moving_average": "#6b5b95", "croston": "#3a6ea5",
}  # fmt: skip
_LOWEST = 0.8


def draw(curves: dict[str, Curve]) -> str:
    """An SVG picture; the part of the curves above a fill rate of 80 %."""
    most = max(one.at(0.97) or one.played[-1].average_stock for one in curves.values()) or 1.0

    def x(stock: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 150) * min(stock / most, 1)

    def y(rate: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (rate - _LOWEST) / (1 - _LOWEST))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        ' font-size="12" role="img"><title>Fill rate against average stock</title>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    ]
    for percent in range(80, 101, 5):
        place = y(percent / 100)
        parts.append(f'<path d="M{_LEFT} {place:.1f}H{_WIDTH - 150}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{percent} %</text>')
    for share in (0.25, 0.5, 0.75, 1):
        at = x(most * share)
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - 26}" text-anchor="middle">{most * share:,.0f}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 8}">average stock in units</text>')
    for place, (name, one) in enumerate(curves.items()):
        color = _COLORS.get(name, "#444")
        points = " ".join(
            f"{x(played.average_stock):.1f},{y(played.fill_rate):.1f}"
            for played in one.played
            if played.fill_rate >= _LOWEST and played.average_stock <= most
        )
        width = 3 if place == 0 else 1.5
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"/>')
        parts.append(
            f'<text x="{_WIDTH - 140}" y="{_TOP + 20 + 20 * place}" fill="{color}">{name.replace("_", " ")}</text>'
        )
    return "".join([*parts, "</svg>\n"])
