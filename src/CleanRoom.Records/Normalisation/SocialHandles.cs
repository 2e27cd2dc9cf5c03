using System.Text.RegularExpressions;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>Messenger and social-media handles, and the links that carry them.</summary>
public static partial class SocialHandles
{
    private static readonly (string Host, string Platform)[] Hosts =
    [
        ("t.me", "Telegram"), ("telegram.me", "Telegram"), ("zalo.me", "Zalo"), ("facebook.com", "Facebook"), ("fb.com", "Facebook"), ("m.me", "Facebook"),
        ("instagram.com", "Instagram"), ("line.me", "Line"), ("vk.com", "VKontakte"), ("ok.ru", "Odnoklassniki"), ("tiktok.com", "TikTok"),
        ("twitter.com", "Twitter"), ("x.com", "Twitter"), ("linkedin.com", "LinkedIn"), ("wa.me", "WhatsApp"),
    ];

    private static readonly (string Word, string Platform)[] Words =
    [
        ("telegram", "Telegram"), ("tg", "Telegram"), ("телеграм", "Telegram"), ("тг", "Telegram"), ("телега", "Telegram"), ("เทเลแกรม", "Telegram"), ("تلگرام", "Telegram"), ("تلغرام", "Telegram"), ("تليجرام", "Telegram"), ("تيليجرام", "Telegram"), ("zalo", "Zalo"), ("facebook", "Facebook"),
        ("fb", "Facebook"), ("เฟซบุ๊ก", "Facebook"), ("เฟส", "Facebook"), ("messenger", "FacebookMessenger"), ("instagram", "Instagram"), ("ig", "Instagram"), ("insta", "Instagram"), ("инстаграм", "Instagram"), ("інстаграм", "Instagram"), ("інста", "Instagram"), ("инста", "Instagram"), ("انستغرام", "Instagram"), ("انستقرام", "Instagram"), ("اینستاگرام", "Instagram"), ("อินสตาแกรม", "Instagram"), ("ไอจี", "Instagram"),
        ("фейсбук", "Facebook"), ("فيسبوك", "Facebook"), ("فیسبوک", "Facebook"), ("ဖေ့စ်ဘွတ်", "Facebook"), ("ဖေ့ဘုတ်", "Facebook"), ("ហ្វេសប៊ុក", "Facebook"), ("ເຟສບຸກ", "Facebook"), ("вайбер", "Viber"), ("вотсап", "WhatsApp"), ("ватсап", "WhatsApp"), ("واتس اب", "WhatsApp"), ("واتساپ", "WhatsApp"),
        ("whatsapp", "WhatsApp"), ("wa", "WhatsApp"), ("واتساب", "WhatsApp"), ("viber", "Viber"), ("line", "Line"), ("ไลน์", "Line"), ("wechat", "WeChat"),
        ("weixin", "WeChat"), ("微信", "WeChat"), ("qq", "QQ"), ("tiktok", "TikTok"), ("tik tok", "TikTok"), ("twitter", "Twitter"), ("signal", "Signal"),
        ("imo", "IMO"), ("kakao", "KakaoTalk"), ("kakaotalk", "KakaoTalk"), ("discord", "Discord"), ("vk", "VKontakte"), ("snapchat", "SnapChat"),
    ];

    /// <summary>The telephone number, with +, that a chat link carries (wa.me, api.whatsapp.com, viber:, t.me/+, signal.me), or null.</summary>
    public static string? PhoneOf(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        var match = PhoneLinkPattern().Match(cell);
        return match.Success ? "+" + match.Groups[1].Value : null;
    }

    /// <summary>Gives platform (or empty) and handle, or null if the cell holds none.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="columnIsHandle">True if the column holds handles, so that a bare word is one.</param>
    public static (string Platform, string Handle)? Read(string cell, bool columnIsHandle)
    {
        var text = Text.AsciiDigits(cell).Trim();
        foreach (var (host, platform) in Hosts)
        {
            var at = text.IndexOf(host + "/", StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && (at == 0 || text[at - 1] is '/' or '.' or ' ' or '('))
            {
                var match = HandlePattern().Match(text, at + host.Length + 1);
                return match.Success ? (platform, match.Groups[1].Value) : null;
            }
        }
        var words = Text.FoldWords(text);
        var named = Words.FirstOrDefault(w => Text.FindPhrase(words, w.Word) >= 0);
        var sign = AtPattern().Match(text);
        if (sign.Success)
        {
            return (named.Platform ?? "", sign.Groups[1].Value);
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (named.Platform is not null && colon > 0 && text.Length > colon + 2)
        {
            return (named.Platform, text[(colon + 1)..].Trim());
        }
        // "LINE je_kaew": the platform's word and one word of a handle's letters behind it.
        if (named.Platform is not null && AfterWordPattern().Match(text) is { Success: true } after && Words.Any(w => Text.FoldWords(after.Groups[1].Value) == Text.FoldWords(w.Word)))
        {
            return (named.Platform, after.Groups[2].Value);
        }
        return columnIsHandle && text.Length is >= 3 and <= 64 ? (named.Platform ?? "", text) : null;
    }

    /// <summary>Normalises a handle.</summary>
    public static Normalised? Normalise(string platform, string handle)
    {
        var value = Text.AsciiDigits(handle).Trim().TrimStart('@').TrimEnd('.', ',').ToLowerInvariant();
        if (value.Length is < 3 or > 64)
        {
            return null;
        }
        // A display name with blanks is no handle: many people have it.
        var isHandle = value.All(c => c < 128 && (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')) && (platform.Length > 0 || value.Length >= 6);
        var strength = isHandle ? KeyStrength.Exact : KeyStrength.Possible;
        var platforms = platform.Length > 0 ? [platform] : CodeLists.Get("platform").Values.Select(v => v.Code).Where(c => c != "Other").ToArray();
        return new Normalised([.. platforms.Select(p => new MatchKey($"handle:{p}:{value}", strength))], "@" + value, "", isHandle, platform.Length > 0);
    }

    // Formats as the makers document them: faq.whatsapp.com "click to chat", developers.viber.com "deep links", core.telegram.org/api/links, signal.me/#p.
    [GeneratedRegex(@"(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=|viber://(?:chat|add|contact)\?number=|t\.me/\+|signal\.me/#p/)(?:\+|%2B)?([1-9][0-9]{7,14})(?![0-9A-Za-z])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex PhoneLinkPattern();

    [GeneratedRegex(@"@?([0-9A-Za-z_.\-]{3,64})", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex HandlePattern();

    [GeneratedRegex(@"^\s*(\S[^0-9@]{0,20}?)[\s:]+([0-9A-Za-z_.\-]{3,64})\s*$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex AfterWordPattern();

    [GeneratedRegex(@"(?<![0-9A-Za-z_.])@([0-9A-Za-z_.\-]{3,64})", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex AtPattern();
}
