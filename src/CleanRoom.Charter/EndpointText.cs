using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CleanRoom.Charter;

/// <summary>Addresses in a charter: <c>https://host:port</c>, the port always written, nothing after it.</summary>
internal static class EndpointText
{
    public static string Write(Uri endpoint) => $"https://{Host(endpoint)}:{endpoint.Port}";

    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? endpoint)
    {
        endpoint = null;
        if (text.Length > 300 || !Ascii.IsValid(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps)
        {
            return false;
        }

        endpoint = text == Write(uri) && uri.Port > 0 ? uri : null;
        return endpoint is not null;
    }

    // IdnHost strips the brackets of an IPv6 address, and may throw on an ASCII name that is not valid Punycode: it is for other names only.
    private static string Host(Uri uri) => Ascii.IsValid(uri.Host) ? uri.Host : uri.IdnHost;
}
