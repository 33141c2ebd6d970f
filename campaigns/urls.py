"""Addresses of campaigns, lists and do-not-call, and of the session; names are what templates use."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from campaigns.views import campaigns, lists, people, session, suppressions, whys_api

urlpatterns = [
    path("", session.home, name="home"),
    path("login/", session.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/language/", session.choose_language, name="set_language"),
    path("me/theme/", session.choose_theme, name="theme"),
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/new/", campaigns.create, name="campaign-create"),
    path("campaigns/<int:pk>/", campaigns.campaign_page, name="campaign"),
    path("campaigns/<int:pk>/head/", campaigns.head, name="campaign-head"),
    path("campaigns/<int:pk>/counts/", campaigns.counts, name="campaign-counts"),
    path("campaigns/<int:pk>/leads/", campaigns.leads, name="leads"),
    path("campaigns/<int:pk>/pacing/", campaigns.pacing, name="campaign-pacing"),
    path("campaigns/<int:pk>/pacing/words/", campaigns.pacing_words, name="campaign-pacing-words"),
    path("campaigns/<int:pk>/settings/", campaigns.save_settings, name="campaign-settings"),
    path("campaigns/<int:pk>/attach/", campaigns.attach, name="campaign-attach"),
    re_path(r"^campaigns/(?P<pk>\d+)/(?P<action>start|pause|stop)/$", campaigns.act, name="campaign-act"),
    path("lists/", lists.list_list, name="lists"),
    path("lists/upload/", lists.upload, name="list-upload"),
    path("lists/<int:pk>/", lists.list_page, name="list"),
    path("lists/<int:pk>/progress/", lists.progress, name="list-progress"),
    path("lists/<int:pk>/rejects.csv", lists.rejects_csv, name="list-rejects"),
    path("do-not-call/", suppressions.suppression_list, name="suppressions"),
    path("do-not-call/<int:pk>/remove/", suppressions.remove, name="suppression-remove"),
    path("people/", people.find, name="people"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("campaigns/<int:pk>/leads/<int:lead>/", people.lead_page, name="lead"),
    path("api/leads/<int:pk>/why", whys_api.lead_why, name="api-lead-why"),
    path("api/people/<int:pk>/decisions", whys_api.person_decisions, name="api-person-decisions"),
    path("api/campaigns/<int:pk>/waterfall", whys_api.campaign_waterfall, name="api-waterfall"),
    path("api/phones/why", whys_api.phone_why, name="api-phone-why"),
    path("api/<path:rest>", whys_api.nothing_here),
]
