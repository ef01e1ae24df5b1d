"""Settings of who is asked about names, [dns], [rdap], [whois], and of what answers mean, [lists]."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from service.settings_fields import Duration, HostPort, Network, Section, ServerDomain, WebAddress


class Vantage(Section):
    """[[dns.vantage]]."""

    name: str = Field(description="as it stands in observations and blocks", pattern=r"^[a-z0-9-]{1,32}$")
    upstreams: tuple[HostPort, ...] = Field(description="an ISP's or a filtering resolver", min_length=1)


class Dns(Section):
    """[dns]."""

    upstreams: tuple[HostPort, ...] = Field(
        (), description="empty: the system's resolvers; an own Unbound is kinder to others and more private"
    )
    queries_per_second: float = Field(
        200, ge=0, description="towards each upstream; 0 is without limit, for resolvers on loopback only"
    )
    window: int = Field(500, ge=1, le=4000, description="queries under way; more overruns socket buffers (measured)")
    timeout: Duration = Field(timedelta(seconds=2), description="for one try")
    tries: int = Field(3, ge=1, le=10, description="then the name is unanswered, never absent")
    use_0x20: bool = Field(
        default=False, description="mixed-case questions against forgers; costs about 8 % (measured)"
    )
    control_names: tuple[str, ...] = Field(
        (),
        description="known-live names: a vantage that misses them is not believed; empty: the outlets' own domains",
    )
    block_pages: tuple[Network, ...] = Field(
        (), description="addresses that filtering resolvers answer for blocked names, beside the well-known ones"
    )
    vantage: tuple[Vantage, ...] = Field((), description="further resolvers whose answers are compared")


class Rdap(Section):
    """[rdap]."""

    bootstrap: str = Field(
        "https://data.iana.org/rdap/dns.json",
        description="a path, or a URL that is asked for daily; empty: only the list that is shipped, of 2026-07-23",
    )
    servers: dict[str, WebAddress] = Field(
        default_factory=dict,
        description="suffix to base URL, before every list: for registries whose RDAP is listed nowhere or wrongly",
    )
    queries_per_second: float = Field(1, ge=0, description="towards each server; registries ban faster clients")


class Whois(Section):
    """[whois]."""

    servers: dict[str, HostPort] = Field(
        default_factory=dict, description='suffix to host:port, "*" for all; empty: the table of python-whois'
    )


class Lists(Section):
    """[lists]: further entries for the lists that are shipped in core/verdict/data."""

    parking_nameservers: tuple[ServerDomain, ...] = Field(
        (), description="domains of name servers that hold parked names"
    )
    parking_networks: tuple[Network, ...] = Field((), description="networks whose addresses serve parked names")
    sinkhole_nameservers: tuple[ServerDomain, ...] = Field((), description="domains of sinkholes' name servers")
    sinkhole_networks: tuple[Network, ...] = Field((), description="networks of sinkholes")
    authority_nameservers: tuple[ServerDomain, ...] = Field(
        (), description="domains of name servers that seized names are pointed to"
    )
