"""Addresses."""

from allauth.socialaccount.providers.atlassian import views as atlassian
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from oauth2_provider.views import OAuthServerMetadataView, RevokeTokenView

from sojourn import metrics
from sojourn.api import feed, hooks, odata, routes
from sojourn.api.tts import routes as tts
from sojourn.feeds import feeds
from sojourn.web import bundle, identities, oauth, presets, recipes, report, signing_in, tokens, views
from sojourn.web import feeds as feed_pages

_oauth = [
    path("oauth/authorize", oauth.ConsentView.as_view(), name="authorize"),
    path("oauth/token", oauth.LimitedTokenView.as_view(), name="token"),
    path("oauth/revoke", RevokeTokenView.as_view(), name="revoke-token"),
    path("oauth/introspect", oauth.OwnIntrospection.as_view(), name="introspect"),
    path(".well-known/oauth-authorization-server", OAuthServerMetadataView.as_view(), name="oauth-server-metadata"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("login", signing_in.SignIn.as_view(), name="login"),
    path("login/by/<str:way>", identities.go_on, name="sign-in-by"),
    path("login/oidc/<str:provider_id>/callback", openid_connect.callback, name="openid_connect_callback"),
    path("login/atlassian/callback", atlassian.oauth2_callback, name="atlassian_callback"),
    path("login/cancelled", identities.cancelled, name="socialaccount_login_cancelled"),
    path("login/disabled", identities.disabled, name="account_inactive"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("api/docs", routes.docs, name="api-docs"),
    path("api/v1/", routes.urls()),
    *tts.urls(),
    path("hooks/jira/<slug:connection>", hooks.jira, name="jira-webhook"),
    path("health", views.health, name="health"),
    path("metrics", metrics.page, name="metrics"),
    path("reports/time-in-status", report.page, name="time-in-status"),
    path("reports/time-in-status.<str:name>", report.download, name="time-in-status-download"),
    path("feeds", feed_pages.page, name="feeds"),
    path("feeds/generate", feed_pages.generate, name="feed-generate"),
    path("feeds/switch", feed_pages.switch, name="feed-switch"),
    path("feeds/<uuid:number>", feed_pages.act, name="feed-act"),
    path("feeds/<uuid:number>/recipes/<slug:tool>", recipes.page, name="recipe"),
    path("feeds/<uuid:number>/recipes/<slug:tool>/<path:name>", recipes.download, name="recipe-file"),
    path("presets", presets.page, name="presets"),
    path("presets/save", presets.save, name="preset-save"),
    path("presets/<int:number>", presets.act, name="preset-act"),
    path("", include((_oauth, "oauth2_provider"))),
    path("oauth/callback", oauth.callback, name="oauth-callback"),
    path("account", identities.account, name="account"),
    path("account/sign-ins/<int:number>", identities.disconnect, name="identity-disconnect"),
    path("account/tokens", tokens.page, name="tokens"),
    path("account/tokens/make", tokens.make, name="token-make"),
    path("account/tokens/<str:name>/revoke", tokens.revoke, name="token-revoke"),
    path("account/apps", oauth.apps, name="apps"),
    path("account/apps/<int:number>", oauth.revoke, name="app-revoke"),
    path(feeds.PATH, feed.read, name="feed"),
    path(f"{feeds.PATH}/schema", feed.read, {"part": "schema"}, name="feed-schema"),
    path("gateway/<path:path>", feed.nothing),
    path(f"{feeds.ODATA}/<str:number>", odata.read, name="odata"),
    path(f"{feeds.ODATA}/<str:number>/<path:path>", odata.read),
    path(f"{feeds.ODATA}/<str:number>/", odata.read),
    path("date-feed/<str:version>/", feed.retired),
    path("charts/<str:release>.js", bundle.charts, name="charts"),
]
