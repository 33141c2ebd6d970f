"""Addresses of campaigns, lists and do-not-call, and of the session; names are what templates use."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from campaigns.views import campaigns, forecast, lists, rule_rows, rules, session, suppressions

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
    path("campaigns/<int:pk>/forecast/", forecast.forecast_page, name="forecast"),
    path("campaigns/<int:pk>/forecast/figures/", forecast.figures, name="forecast-figures"),
    path("campaigns/<int:pk>/forecast/hours/", forecast.hours, name="forecast-hours"),
    path("campaigns/<int:campaign>/rules/", rules.campaign_rules, name="campaign-rules"),
    path("campaigns/<int:campaign>/rules/versions/<int:number>/", rules.version, name="rules-version"),
    path("campaigns/<int:campaign>/rules/<slug:what>/now/", rules.fragment, name="rules-fragment"),
    path("campaigns/<int:campaign>/rules/<slug:what>/", rules.save, name="rules-save"),
    path("campaigns/<int:campaign>/rules/<slug:what>/words/", rules.words, name="rules-words"),
    path("campaigns/<int:campaign>/rules/<slug:what>/effect/", rules.effect, name="rules-effect"),
    path("boost/<int:pk>/", rule_rows.boost, name="boost"),
    path("rules/", rules.shared_rules, name="rules"),
    path("rules/profiles/upload/", rule_rows.upload_profiles, name="profiles-upload"),
    path("rules/profiles/<int:pk>/confirm/", rule_rows.confirm, name="profile-confirm"),
    path("rules/days/<int:pk>/open/", rule_rows.open_day, name="day-open"),
    path("rules/caps/<int:pk>/end/", rule_rows.end, {"what": "caps"}, name="rule-end"),
    path("rules/gaps/<int:pk>/end/", rule_rows.end, {"what": "gaps"}, name="rule-end"),
    path("rules/caps/<int:pk>/restore/", rule_rows.restore, {"what": "caps"}, name="rule-restore"),
    path("rules/gaps/<int:pk>/restore/", rule_rows.restore, {"what": "gaps"}, name="rule-restore"),
    path("rules/line/<int:line>/", rules.shared_rules, name="line-rules"),
    path("rules/line/<int:line>/<slug:what>/", rules.save, name="rules-save"),
    path("rules/line/<int:line>/<slug:what>/words/", rules.words, name="rules-words"),
    path("rules/<slug:what>/", rules.save, name="rules-save"),
    path("rules/<slug:what>/words/", rules.words, name="rules-words"),
    path("lists/", lists.list_list, name="lists"),
    path("lists/upload/", lists.upload, name="list-upload"),
    path("lists/<int:pk>/", lists.list_page, name="list"),
    path("lists/<int:pk>/progress/", lists.progress, name="list-progress"),
    path("lists/<int:pk>/rejects.csv", lists.rejects_csv, name="list-rejects"),
    path("do-not-call/", suppressions.suppression_list, name="suppressions"),
    path("do-not-call/<int:pk>/remove/", suppressions.remove, name="suppression-remove"),
]
