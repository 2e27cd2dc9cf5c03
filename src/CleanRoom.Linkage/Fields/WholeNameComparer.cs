using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Fields;

/// <summary>Whole names in any order and script; of several forms or aliases on a side the best pair counts.</summary>
internal sealed class WholeNameComparer(ValueTable values) : FieldComparer(values)
{
    private const int MaxForms = 12;

    private readonly Dictionary<string, int> _tokenNumbers = new(StringComparer.Ordinal);
    private readonly List<Token> _tokens = [];
    private int[][][] _forms = [];

    private sealed class Token(NameToken name, PackedText packed, bool plain, ulong sound, int[] groups)
    {
        public readonly PackedText Packed = packed;

        public NameToken Name => name;

        public bool Plain => plain;

        public ulong Sound => sound;

        public int[] Groups => groups;
    }

    protected override void Prepare(int from, int end)
    {
        Ranges.Grow(ref _forms, end);
        _forms[0] = [];
        var parsed = new List<NameForm>[end - from];
        Ranges.For(from, end, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                parsed[i - from] = [.. Values.Text(i).Split(ValueReader.Separator).SelectMany(v => NameParser.Parse(v)).Take(MaxForms)];
            }
        });
        for (var i = from; i < end; i++)
        {
            _forms[i] = [.. parsed[i - from].Select(f => f.Tokens.Select(Number).ToArray())];
        }
    }

    /// <summary>Spelling-free keys of the tokens of each form, for blocking.</summary>
    public IEnumerable<ulong[]> Sounds(int value) => _forms[value].Select(f => f.Where(t => _tokens[t].Name.Kind != NameTokenKind.Initial).Select(t => _tokens[t].Sound).ToArray());

    /// <summary>Consonants of each token's first reading, for names in other scripts.</summary>
    public IEnumerable<ulong[]> Skeletons(int value) =>
        _forms[value].Select(f => f.Where(t => _tokens[t].Name.Kind != NameTokenKind.Initial).Select(t => Hash.Of(_tokens[t].Name.Coarse)).ToArray());

    public override int Compare(int first, int second)
    {
        var best = Levels.Different;
        foreach (var a in _forms[first])
        {
            foreach (var b in _forms[second])
            {
                best = Math.Max(best, a.Length <= b.Length ? Align(a, b) : Align(b, a));
            }
        }
        return best;
    }

    private int Number(NameToken token)
    {
        var key = $"{(int)token.Kind}{token.Text}";
        if (!_tokenNumbers.TryGetValue(key, out var number))
        {
            number = _tokens.Count;
            _tokenNumbers.Add(key, number);
            var plain = PackedText.TryPack(token.Text, out var packed) && token is { Readings.Length: 1, Kind: NameTokenKind.Ordinary } && token.Readings[0] == token.Text;
            _tokens.Add(new Token(token, packed, plain, Hash.Of(token.Sound), GivenNameGroups.Of(token.Readings[0])));
        }
        return number;
    }

    private int Align(int[] few, int[] many)
    {
        Span<TokenAgreement> levels = stackalloc TokenAgreement[NameForm.MaxTokens * NameForm.MaxTokens];
        for (var i = 0; i < few.Length; i++)
        {
            for (var j = 0; j < many.Length; j++)
            {
                levels[(i * NameForm.MaxTokens) + j] = Agreement(few[i], many[j]);
            }
        }
        uint usedFew = 0, usedMany = 0;
        int exact = 0, good = 0, weak = 0;
        for (var level = TokenAgreement.Exact; level > TokenAgreement.None; level--)
        {
            for (var i = 0; i < few.Length; i++)
            {
                for (var j = 0; j < many.Length && (usedFew & (1u << i)) == 0; j++)
                {
                    if ((usedMany & (1u << j)) == 0 && levels[(i * NameForm.MaxTokens) + j] == level)
                    {
                        usedFew |= 1u << i;
                        usedMany |= 1u << j;
                        exact += level >= TokenAgreement.Sound ? 1 : 0;
                        good += level is > TokenAgreement.Initial and < TokenAgreement.Sound ? 1 : 0;
                        weak += level == TokenAgreement.Initial ? 1 : 0;
                    }
                }
            }
        }
        var all = few.Length == many.Length;
        var matched = exact + good;
        if (matched < few.Length && Joined(few, many))
        {
            return Levels.WholeWords;
        }
        if (exact == few.Length)
        {
            return all ? Levels.WholeWords : few.Length >= 2 ? Levels.WholeSubset : Levels.WholeShort;
        }
        if (matched == few.Length)
        {
            return few.Length == 1 ? (all ? Levels.WholeTypos : Levels.WholeOneNear) : all ? Levels.WholeTypos : Levels.WholeWithin;
        }
        if (matched + weak == few.Length && matched >= 1)
        {
            return Levels.WholeWithin;
        }
        return matched >= 2 ? Levels.WholeTwo : exact == 1 ? Levels.WholeOne : good == 1 ? Levels.WholeOneNear : Levels.Different;
    }

    private TokenAgreement Agreement(int first, int second)
    {
        if (first == second)
        {
            return TokenAgreement.Exact;
        }
        var (a, b) = (_tokens[first], _tokens[second]);
        if (a.Plain && b.Plain)
        {
            if (a.Sound == b.Sound)
            {
                return TokenAgreement.Sound;
            }
            if (GivenNameGroups.Meet(a.Groups, b.Groups))
            {
                return TokenAgreement.Near;
            }
            if (PackedText.MostSimilar(in a.Packed, in b.Packed) < 0.75)
            {
                return TokenAgreement.None;
            }
        }
        else if (a.Groups.Length > 0 && b.Groups.Length > 0 && GivenNameGroups.Meet(a.Groups, b.Groups))
        {
            return TokenAgreement.Near;
        }
        return TokenComparer.Compare(a.Name, b.Name);
    }

    // "Mary Ann" and "Maryann", "Al Hassan" and "Alhassan".
    private bool Joined(int[] first, int[] second)
    {
        if (first.Length == second.Length)
        {
            return false;
        }
        return string.Equals(string.Concat(first.Select(t => _tokens[t].Name.Sound)), string.Concat(second.Select(t => _tokens[t].Name.Sound)), StringComparison.Ordinal);
    }
}
