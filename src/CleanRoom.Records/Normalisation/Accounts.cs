using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>An account found in a cell.</summary>
/// <param name="Kind">identifierKind: BankAccount, MobileMoney or CryptoWallet.</param>
/// <param name="Type">accountType.</param>
/// <param name="Operator">Mobile-money operator or bank, or empty.</param>
/// <param name="Value">Its keys.</param>
public sealed record AccountText(string Kind, string Type, string Operator, Normalised Value);

/// <summary>Bank, mobile-money and crypto accounts (ISO 13616: length by country, mod 97).</summary>
public static partial class Accounts
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Name, string Country, string Kind)>> Operators = new(() =>
        [.. TableFile.Lines("normalisation/account_operators.txt")
            .SelectMany(l => l.Skip(3).Append(l[0]).Select(w => (Text.FoldWords(w), l[0], l[1] == "-" ? "" : l[1], l[2])))
            .OrderByDescending(o => o.Item1.Length).ThenBy(o => o.Item1, StringComparer.Ordinal)]);

    private static readonly Lazy<System.Collections.Frozen.FrozenDictionary<string, int>> IbanLengths = new(() => System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
        TableFile.Lines("normalisation/iban_lengths.txt").SelectMany(l => l.Skip(1).Select(c => KeyValuePair.Create(c, int.Parse(l[0], System.Globalization.CultureInfo.InvariantCulture)))), StringComparer.Ordinal));

    /// <summary>The registered length of a country's IBAN (alpha-2), or 0 if the registry has none.</summary>
    public static int IbanLength(string country) => IbanLengths.Value.GetValueOrDefault(country);

    /// <summary>Reads the account in a cell, or null if it holds none that can be told from other numbers.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="columnIsAccount">True if the column holds accounts only, so that a bare number is one.</param>
    /// <param name="regions">Countries that the record points to.</param>
    public static AccountText? Read(string cell, bool columnIsAccount, IReadOnlyList<string> regions)
    {
        var text = Text.AsciiDigits(cell);
        return Wallets.Read(text) ?? Iban(text) ?? Operator(text, regions) ?? (columnIsAccount ? Local(text, regions) : null);
    }

    /// <summary>True if the check digits of an IBAN are right (ISO 13616: mod 97 = 1).</summary>
    public static bool IbanChecksum(string iban)
    {
        ArgumentNullException.ThrowIfNull(iban);
        if (iban.Length < 5)
        {
            return false;
        }
        var remainder = 0;
        foreach (var c in iban[4..] + iban[..4])
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
            var value = char.IsAsciiDigit(c) ? c - '0' : char.ToUpperInvariant(c) - 'A' + 10;
            remainder = ((value > 9 ? remainder * 100 : remainder * 10) + value) % 97;
        }
        return remainder == 1;
    }

    private static AccountText? Iban(string text)
    {
        foreach (Match match in IbanPattern().Matches(text))
        {
            var value = Text.Alphanumeric(match.Value);
            if (value.Length is < 15 or > 34 || Countries.Find(value[..2]) is not { } country)
            {
                continue;
            }
            // Following words may have been swept in: the longest prefix with right check digits is the number.
            var registered = IbanLengths.Value.GetValueOrDefault(value[..2]);
            for (var length = registered > 0 ? Math.Min(registered, value.Length) : value.Length; length >= Math.Max(15, registered); length--)
            {
                if (IbanChecksum(value[..length]))
                {
                    var iban = value[..length];
                    var known = new Normalised([new MatchKey("account:iban:" + iban, KeyStrength.Exact)], iban, country, true, true);
                    return new AccountText("BankAccount", "IBAN", iban.Substring(4, 4), known with { ChecksumOk = true });
                }
            }
            if (value[4..].Count(char.IsAsciiDigit) >= 8)
            {
                var wrong = new Normalised([new MatchKey("account:iban:" + value, KeyStrength.Possible)], value, country, true, false);
                return new AccountText("BankAccount", "IBAN", "", wrong with { ChecksumOk = false });
            }
        }
        return null;
    }

    private static AccountText? Operator(string text, IReadOnlyList<string> regions)
    {
        var words = Text.FoldWords(text);
        foreach (var (phrase, name, country, kind) in Operators.Value)
        {
            if (Text.FindPhrase(words, phrase) < 0)
            {
                continue;
            }
            var number = NumberPattern().Matches(text).Select(m => Text.Digits(m.Value)).Where(d => d.Length is >= 6 and <= 20).MaxBy(d => d.Length);
            if (number is null)
            {
                return null;
            }
            var keys = new List<MatchKey> { new($"account:{Text.Alphanumeric(name)}:{number}", KeyStrength.Exact) };
            if (kind == "MobileMoney" && country.Length > 0)
            {
                // The account is a telephone number there, and people write it with the country code or without.
                var typed = NumberPattern().Matches(text).Select(m => m.Value).FirstOrDefault(v => Text.Digits(v) == number);
                keys.AddRange((Phones.Normalise(typed ?? number, [country])?.Keys ?? []).Where(k => k.Strength == KeyStrength.Exact)
                    .Select(k => new MatchKey($"account:{Text.Alphanumeric(name)}:{k.Value}", KeyStrength.Exact)));
            }
            return new AccountText(kind, kind == "MobileMoney" ? "MobileMoneyMsisdn" : "Local", name,
                new Normalised(keys, $"{name} {number}", country.Length > 0 ? country : regions.Count == 1 ? regions[0] : "", true, true));
        }
        return null;
    }

    private static AccountText? Local(string text, IReadOnlyList<string> regions)
    {
        var number = NumberPattern().Matches(text).Select(m => Text.Digits(m.Value)).Where(d => d.Length is >= 6 and <= 20).MaxBy(d => d.Length);
        if (number is null)
        {
            return null;
        }
        var bank = Text.FoldWords(BankNoise().Replace(text, " ")).Replace(" ", "", StringComparison.Ordinal);
        var keys = new List<MatchKey>();
        if (bank.Length is >= 3 and <= 40)
        {
            keys.Add(new MatchKey($"account:bank:{bank}:{number}", KeyStrength.Exact));
        }
        // A local number without its bank is at most Possible (DATA.md 1.1 rule 7).
        keys.Add(new MatchKey("account:local:" + number, KeyStrength.Possible));
        return new AccountText("BankAccount", "Local", bank, new Normalised(keys, number, regions.Count == 1 ? regions[0] : "", true, false));
    }

    [GeneratedRegex(@"(?<![0-9A-Za-z])[A-Za-z]{2}\s?[0-9]{2}(?:[\s-]?[0-9A-Za-z]){11,36}", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex IbanPattern();

    [GeneratedRegex(@"\+?[0-9][0-9\s.\-]*[0-9]", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"[0-9.\-:#()]|\b(?:acct|account|acc|no|number|a/c|bank account|stk|số tài khoản|compte|cuenta|счет)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex BankNoise();
}
