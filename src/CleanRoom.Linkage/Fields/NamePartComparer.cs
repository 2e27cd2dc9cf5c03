using System.Numerics;
using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Fields;

/// <summary>Given or family names: one plain word on both sides in a few vector operations, everything else by its tokens.</summary>
internal sealed class NamePartComparer(ValueTable values) : FieldComparer(values)
{
    public const double LooseFrom = 0.76, NearFrom = 0.88, CloseFrom = 0.92;

    private Cell[] _cells = [];
    private int[][] _groups = [];
    private NameForm?[] _forms = [];
    private NameForm?[] _plainForms = [];

    // What most comparisons need, in one line of the cache.
    private struct Cell
    {
        public PackedText Text;
        public ulong Sound;
        public bool Plain;
        public bool HasGroups;
    }

    protected override void Prepare(int from, int end)
    {
        Ranges.Grow(ref _cells, end);
        Ranges.Grow(ref _groups, end);
        Ranges.Grow(ref _forms, end);
        Ranges.Grow(ref _plainForms, end);
        _groups[0] = [];
        Ranges.For(from, end, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                PrepareOne(i);
            }
        });
    }

    private void PrepareOne(int i)
    {
        var text = Values.Text(i);
        _cells[i].Text = Values.Packed[i];
        if (Values.Packed[i].IsPacked && !text.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            _cells[i].Sound = Hash.Of(Sounds.Key(Spelling.WithoutUmlauts(text)));
            _groups[i] = GivenNameGroups.Of(text);
            _cells[i].HasGroups = _groups[i].Length > 0;
            _cells[i].Plain = true;
            return;
        }
        _groups[i] = [];
        var form = NameParser.Parse(text).FirstOrDefault();
        _forms[i] = form;
        if (form is not null)
        {
            _cells[i].Sound = Hash.Of(Sounds.Key(Spelling.WithoutUmlauts(string.Concat(form.Tokens.Select(t => t.Readings[0])))));
            _groups[i] = GivenNameGroups.Of(form.Tokens[0].Readings[0]);
        }
    }

    /// <summary>The spelling-free key of a value, for blocking; 0 if it has none.</summary>
    public ulong Sound(int value) => _cells[value].Sound;

    // Only plain words can be told apart by their letters.
    public override uint Digest(int value) => _cells[value].Plain ? Fields.Digest.OfName(Values.Text(value), _cells[value].Sound, _cells[value].HasGroups) : 0;

    public override uint Detail(int value) => _cells[value].Plain ? Fields.Digest.DetailOfName(Values.Text(value), _cells[value].Sound, _groups[value]) : 0;

    /// <summary>The groups of short forms that a value stands in.</summary>
    public ReadOnlySpan<int> Groups(int value) => _groups[value];

    /// <summary>The tokens of a value that is not one plain word.</summary>
    public NameForm? Form(int value) => _forms[value];

    public override void Fetch(int value) => Memory.Fetch(_cells, value);

    public override int Compare(int first, int second)
    {
        ref readonly var a = ref _cells[first];
        ref readonly var b = ref _cells[second];
        if (a.Sound == b.Sound && a.Sound != 0)
        {
            return Levels.NameSound;
        }
        return a.Plain && b.Plain
            ? a.HasGroups && b.HasGroups && GivenNameGroups.Meet(_groups[first], _groups[second]) ? Levels.NameVariant : Words(in a.Text, in b.Text)
            : Tokens(first, second);
    }

    private static int Words(in PackedText a, in PackedText b)
    {
        var shortest = Math.Min(a.Length, b.Length);
        if (shortest <= 1)
        {
            return PackedText.At(a.Bytes, 0) == PackedText.At(b.Bytes, 0) ? Levels.NameInitial : Levels.Different;
        }
        if (PackedText.MostSimilar(in a, in b) < LooseFrom)
        {
            return Levels.Different;
        }
        var similarity = JaroWinkler.Similarity(in a, in b);
        if (similarity >= CloseFrom && shortest >= 4)
        {
            return Levels.NameClose;
        }
        if (similarity >= NearFrom || (shortest >= 3 && PackedText.LeastEdits(in a, in b) <= 1 && EditDistance.Between(in a, in b) <= 1))
        {
            return Levels.NameNear;
        }
        if (similarity >= LooseFrom)
        {
            return Levels.NameLoose;
        }
        // The same letters in disorder, as a slip of two hands writes them.
        return shortest >= 4 && a.Length == b.Length && BitOperations.PopCount(a.Bag ^ b.Bag) <= 2 ? Levels.NameLoose : Levels.Different;
    }

    private int Tokens(int first, int second)
    {
        var whole = Similarity(first, second, LooseFrom);
        var level = whole >= CloseFrom ? Levels.NameClose : whole >= NearFrom ? Levels.NameNear : whole >= LooseFrom ? Levels.NameLoose : Levels.Different;
        return Math.Max(level, Aligned(FormOf(first), FormOf(second)));
    }

    // A plain word is parsed when a name of several words first meets it; two threads may both do it, with the same result.
    private NameForm? FormOf(int value) => _forms[value] ?? (_plainForms[value] ??= NameParser.Parse(Values.Text(value)).FirstOrDefault());

    // Every token of the shorter name finds its best partner in the longer one.
    private static int Aligned(NameForm? first, NameForm? second)
    {
        if (first is null || second is null)
        {
            return Levels.Different;
        }
        var (few, many) = first.Tokens.Count <= second.Tokens.Count ? (first.Tokens, second.Tokens) : (second.Tokens, first.Tokens);
        var used = 0u;
        var weakest = TokenAgreement.Exact;
        var lossy = false;
        foreach (var token in few)
        {
            var best = TokenAgreement.None;
            var at = -1;
            for (var j = 0; j < many.Count; j++)
            {
                var agreement = (used & (1u << j)) != 0 ? TokenAgreement.None : TokenComparer.Compare(token, many[j]);
                if (agreement > best)
                {
                    (best, at) = (agreement, j);
                }
            }
            if (at < 0)
            {
                return Levels.Different;
            }
            used |= 1u << at;
            weakest = best < weakest ? best : weakest;
            lossy |= token.Lossy || many[at].Lossy;
        }
        var all = few.Count == many.Count;
        return weakest switch
        {
            >= TokenAgreement.Sound => all ? Levels.NameSound : Levels.NamePart,
            TokenAgreement.Close => all ? Levels.NameClose : Levels.NameNear,
            TokenAgreement.Near => Levels.NameNear,
            TokenAgreement.Skeleton => lossy ? Levels.NameNear : Levels.NameLoose,
            TokenAgreement.Initial => Levels.NameInitial,
            _ => Levels.Different,
        };
    }
}
