"""Addresses of campaigns, lists and do-not-call, and of the session; names are what templates use."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from campaigns.views import session

urlpatterns = [
    path("", session.home, name="home"),
    path("login/", session.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/language/", session.choose_language, name="set_language"),
    path("me/theme/", session.choose_theme, name="theme"),
]
