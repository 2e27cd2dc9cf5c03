using CleanRoom.Linkage.Blocking;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Tables;

/// <summary>One field's part of an explanation.</summary>
/// <param name="Field">The field.</param>
/// <param name="Level">The level in words.</param>
/// <param name="Weight">Bits of the level itself.</param>
/// <param name="TermWeight">Bits that a rare value adds or a common one takes.</param>
/// <param name="First">The first record's value: for its owner's eyes only.</param>
/// <param name="Second">The second record's.</param>
public sealed record ExplainedPart(string Field, string Level, double Weight, double TermWeight, string First, string Second);

/// <summary>Why a pair weighs what it weighs: the parts add up to the total.</summary>
/// <param name="Prior">Bits before any field.</param>
/// <param name="Parts">The fields.</param>
/// <param name="Total">Prior and all parts.</param>
public sealed record PairExplanation(double Prior, IReadOnlyList<ExplainedPart> Parts, double Total)
{
    /// <summary>The probability of a match.</summary>
    public double Probability => LinkModel.Probability(Total);
}

/// <summary>Weighs and explains pairs that are given, without looking for candidates.</summary>
public sealed class PairWeigher
{
    private readonly LinkTable _table;
    private readonly LinkModel _model;
    private readonly PairScorer _scorer;

    private PairWeigher(LinkTable table, LinkModel model, TermWeights terms)
    {
        _table = table;
        _model = model;
        _scorer = new PairScorer(table, model, terms);
    }

    /// <summary>Makes one; without a model it is trained on the table.</summary>
    /// <exception cref="FormatException">The model does not fit the table's fields.</exception>
    public static PairWeigher Create(LinkTable table, LinkConfig config, LinkModel? model, int threads = 2, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(config);
        var terms = TermWeights.Count(table);
        if (model is null)
        {
            var atoms = KeyAtoms.Of(table, threads);
            var blocks = BlockIndex.Build(table, KeyPlan.Choose(table, config, atoms, threads), atoms, threads, cancellationToken);
            model = new Trainer(table, config.Name, terms, blocks, threads).Train(cancellationToken);
        }
        model.RequireFields(table.Fields);
        return new PairWeigher(table, model, terms);
    }

    /// <summary>Weighs a pair.</summary>
    public LinkedPair Weigh(int first, int second)
    {
        _ = _scorer.TryScore(first, second, float.NegativeInfinity, out var weight, out var vector);
        return new LinkedPair(Math.Min(first, second), Math.Max(first, second), weight, vector);
    }

    /// <summary>Explains a pair.</summary>
    public PairExplanation Explain(int first, int second) => Explain(Weigh(first, second));

    /// <summary>Explains a pair from its stored levels.</summary>
    public PairExplanation Explain(LinkedPair pair)
    {
        var parts = new List<ExplainedPart>();
        var total = _model.PriorWeight;
        for (var f = 0; f < _table.Fields.Count; f++)
        {
            var level = (int)((pair.Levels >> (4 * f)) & 0xF);
            var scale = Levels.Of(_table.Fields[f].Kind);
            var weight = _model.Weight(f, level);
            var term = level == scale.Exact ? _scorer.ExactWeight(f, _table.Value(pair.First, f)) - weight : 0;
            total += weight + term;
            parts.Add(new ExplainedPart(
                _table.Fields[f].Name, level == LevelScale.Missing ? "not compared" : scale.Names[level], weight, term, _table.Text(pair.First, f), _table.Text(pair.Second, f)));
        }
        return new PairExplanation(_model.PriorWeight, parts, total);
    }
}
