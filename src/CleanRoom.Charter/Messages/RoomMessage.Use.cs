using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Messages;

public abstract partial record RoomMessage
{
    /// <summary>To a contributor: what was done with its records in a quarter of room time, in bands of <see cref="CountBand"/>. Everything is counted in the quarter in which it was told.</summary>
    /// <param name="Quarter">The quarter, "2026-Q4"; it is over.</param>
    /// <param name="Pointers">Pointers to other contributors that named this one.</param>
    /// <param name="OneWay">Pointers whose reader stays unnamed: this contributor was told nothing else of them.</param>
    /// <param name="Notices">Notices to agencies.</param>
    /// <param name="Answers">Answers to agencies' watches and searches.</param>
    /// <param name="Requests">Requests of agencies for its facts.</param>
    /// <param name="Disclosures">Requests with which facts left.</param>
    /// <param name="Withdrawals">What of all these somebody was told to forget.</param>
    public sealed record UseStatement(string Quarter, string Pointers, string OneWay, string Notices, string Answers, string Requests, string Disclosures, string Withdrawals)
        : RoomMessage
    {
        /// <summary>The fixed text on every statement.</summary>
        public const string Caveat =
            "What others were told of your records, not what anybody did with it. A match is counted only where the other side's consent lets you know of it, "
            + "pointers whose reader stays unnamed apart; more may have been told.";

        /// <inheritdoc/>
        public override string Kind => "use";

        private protected override void Write(JsonObject json)
        {
            json["answers"] = Answers;
            json["caveat"] = Caveat;
            json["disclosures"] = Disclosures;
            json["notices"] = Notices;
            json["oneWay"] = OneWay;
            json["pointers"] = Pointers;
            json["quarter"] = Quarter;
            json["requests"] = Requests;
            json["withdrawals"] = Withdrawals;
        }

        internal static UseStatement? Read(JsonFields fields)
        {
            fields.Constant("caveat", Caveat);
            var quarter = fields.Parsed("quarter", "is not a quarter", "write it as 2026-Q4", (string text, out string? result) => (result = BudgetPeriod.IsQuarter(text) ? text : null) is not null);
            var (pointers, oneWay, notices, answers) = (Band("pointers"), Band("oneWay"), Band("notices"), Band("answers"));
            var (requests, disclosures, withdrawals) = (Band("requests"), Band("disclosures"), Band("withdrawals"));
            return quarter is null || pointers is null || oneWay is null || notices is null || answers is null || requests is null || disclosures is null || withdrawals is null
                ? null
                : new UseStatement(quarter, pointers, oneWay, notices, answers, requests, disclosures, withdrawals);

            string? Band(string name) => fields.OneOf(name, CountBand.All);
        }
    }
}
