"""Tests of the words that names are made of. A change here renames functions of users."""

from __future__ import annotations

import pytest

from iii_asgi.catalogue.words import action_words, singular, slug, snake


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("users", "user"),
        ("categories", "category"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("dishes", "dish"),
        ("movies", "movy"),
        ("series", "sery"),
        ("houses", "house"),
        ("buses", "buse"),
        ("status", "status"),
        ("statuses", "statuse"),
        ("access", "access"),
        ("analysis", "analysis"),
        ("news", "new"),
        ("user", "user"),
        ("s", ""),
        ("", ""),
    ],
)
def test_singular(word: str, expected: str) -> None:
    """This table is frozen: no rule is added for the words that it gets wrong."""
    assert singular(word) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Users", "users"),
        ("User Accounts!", "user_accounts"),
        ("--v1.2--", "v1_2"),
        ("Größe", "gr_e"),
        ("магазин", ""),
        ("", ""),
    ],
)
def test_slug(text: str, expected: str) -> None:
    """A slug has lower-case letters and digits, runs of anything else are one underscore."""
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("create_user", "create_user"),
        ("createUser", "create_user"),
        ("getUserByID", "get_user_by_id"),
        ("HTTPServerInfo", "http_server_info"),
        ("UserEndpoint", "user_endpoint"),
        ("__private", "private"),
        ("getV2Items", "get_v2_items"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    """CamelCase becomes snake_case."""
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "service", "expected"),
    [
        ("create_user", "users", "create"),
        ("create_users", "user", "create"),
        ("get_user_by_id", "users", "get_by_id"),
        ("read_users_me", "users", "read_me"),
        ("login", "auth", "login"),
        ("login", "login", "login"),
        ("users", "users", "users"),
        ("create_order_item", "order_items", "create"),
        ("create_order", "order_items", "create_order"),
        ("play_movie", "movies", "play"),
        ("usersettings", "users", "usersettings"),
        ("update_source_status", "source_statuses", "update"),
        ("get_statuses", "status", "list"),
        ("read_items", "items", "list"),
        ("get_items", "item", "list"),
        ("fetch_order_items", "order_items", "list"),
        ("find_categories", "categories", "list"),
        ("read_item", "items", "read"),
        ("get_status", "status", "get"),
        ("list_items", "items", "list"),
        ("get_all_items", "items", "get_all"),
        ("read_users", "items", "read_users"),
    ],
)
def test_action_words(name: str, service: str, expected: str) -> None:
    """The service's own noun goes; a verb of reading with its plural is a list."""
    assert action_words(name, service) == expected
